"""Plays the scenarios and records their AMI streams into tests/wire/recordings, with their truth.

    .venv/bin/python -m tests.asterisk.make_recordings [SCENARIO …]

NAME.ami is what the shipped user `callcenter` hears; NAME.full.ami.gz, for some, is everything Asterisk says;
NAME.json is the truth and the PBX's queue_log. Numbers are masked by scripts/record_ami as in a site's recording.
"""

import asyncio
import contextlib
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from scripts.asterisk_env import AMI_PORT, Asterisk
from scripts.record_ami import Mask, Recorder
from tests.asterisk.scenarios import SCENARIOS, Scenario
from tests.asterisk.stage import Theatre, Truth, run, site_for

FOLDER = Path(__file__).parents[1] / "wire" / "recordings"
RIGS = 4
FULL = frozenset(
    (
        "answered", "ring_no_answer", "abandoned_soon", "timeout_message", "blind", "attended", "attended_by_keys",
        "redirect", "local_blind", "hostile_number", "private", "kill9",
    )
)  # fmt: skip


class Tape:
    """Records one user during a scenario; logs in again when the PBX comes back, as a listener does."""

    def __init__(self, pbx: Asterisk, user: str) -> None:
        self.pbx, self.user = pbx, user
        self.heard = bytearray()
        self._on = asyncio.Event()
        self._stop = asyncio.Event()

    async def run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with Recorder(self.pbx.address, AMI_PORT, self.user, self.pbx.secret) as recorder:
                    self._on.set()
                    while not recorder.lost.is_set() and not self._stop.is_set():
                        await asyncio.sleep(0.05)
                    self.heard += recorder.taken()
            await asyncio.sleep(0.2)

    @contextlib.asynccontextmanager
    async def rolling(self) -> Any:
        task = asyncio.create_task(self.run())
        await self._on.wait()
        yield self
        # AgentComplete and CEL may follow the last Hangup.
        await asyncio.sleep(2)
        self._stop.set()
        await task


async def record(scene: Scenario, theatre: Theatre) -> None:
    pbx = theatre.pbx
    logged = len(pbx.queue_log.read_bytes())
    async with Tape(pbx, "callcenter").rolling() as wanted, Tape(pbx, "everything").rolling() as everything:
        truths = await run(scene, theatre)
    mask = Mask(keep_names=True)
    text = mask.text(wanted.heard.decode("utf-8", "replace"))
    (FOLDER / f"{scene.name}.ami").write_text(text, encoding="utf-8", newline="")
    if scene.name in FULL:
        full = mask.text(everything.heard.decode("utf-8", "replace"))
        packed = gzip.compress(full.encode(), mtime=0)
        (FOLDER / f"{scene.name}.full.ami.gz").write_bytes(packed)
    rows = pbx.queue_log.read_bytes()[logged:].decode("utf-8", "replace")
    (FOLDER / f"{scene.name}.json").write_text(_story(scene, pbx, truths, rows, mask), encoding="utf-8")


def _story(scene: Scenario, pbx: Asterisk, truths: list[Truth], rows: str, mask: Mask) -> str:
    story = {
        "scenario": scene.name,
        "about": scene.about,
        "asterisk": pbx.version,
        "calls": [_masked(dict(truth.fields), mask) for truth in truths],
        "queue_log": [mask.text(row) for row in rows.splitlines()],
    }
    return json.dumps(story, ensure_ascii=False, indent=1) + "\n"


def _masked(fields: dict[str, Any], mask: Mask) -> dict[str, Any]:
    numbers = {key: mask.number(fields[key]) for key in ("caller", "caller_raw") if fields.get(key)}
    return {**fields, **numbers}


async def _rig(scenes: "asyncio.Queue[Scenario]") -> None:
    """One Asterisk that plays one scenario after the other, so that each stream holds nothing else."""
    pbx = Asterisk(site_for(SCENARIOS.values(), lanes=1))
    pbx.start()
    theatre = await Theatre(pbx).open()
    try:
        while not scenes.empty():
            scene = scenes.get_nowait()
            print(scene.name, file=sys.stderr)
            await record(scene, theatre)
    finally:
        theatre.close()
        pbx.remove()


async def main(names: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    scenes: asyncio.Queue[Scenario] = asyncio.Queue()
    for name in names or SCENARIOS:
        scenes.put_nowait(SCENARIOS[name])
    await asyncio.gather(*(_rig(scenes) for _ in range(min(RIGS, scenes.qsize()))))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
