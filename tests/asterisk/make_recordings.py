"""Plays the scenarios and records their AMI streams into tests/wire/recordings, with their truth.

    .venv/bin/python -m tests.asterisk.make_recordings [SCENARIO …]

NAME.ami is what the shipped user `callcenter` hears; NAME.full.ami.gz, for some, is everything Asterisk says;
NAME.json is the truth, NAME.queue_log and NAME.cel.json are what the PBX's own logs say of the same minute. Numbers
are masked by scripts/record_ami as in a site's recording.
"""

import asyncio
import contextlib
import gzip
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

from scripts.lab.asterisk_env import AMI_PORT, Asterisk
from scripts.tools.record_ami import Mask, Recorder
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
    logged, counted = len(pbx.queue_log.read_bytes()), _last_cel(pbx)
    async with Tape(pbx, "callcenter").rolling() as wanted, Tape(pbx, "everything").rolling() as everything:
        truths = await run(scene, theatre)
    mask = Mask(keep_names=True)
    text = mask.text(wanted.heard.decode("utf-8", "replace"))
    (FOLDER / f"{scene.name}.ami").write_text(text, encoding="utf-8", newline="")
    if scene.name in FULL:
        full = mask.text(everything.heard.decode("utf-8", "replace"))
        packed = gzip.compress(full.encode(), mtime=0)
        (FOLDER / f"{scene.name}.full.ami.gz").write_bytes(packed)
    (FOLDER / f"{scene.name}.json").write_text(_story(scene, pbx, truths, mask), encoding="utf-8")
    lines = pbx.queue_log.read_bytes()[logged:].decode("utf-8", "replace")
    (FOLDER / f"{scene.name}.queue_log").write_text(mask.text(lines), encoding="utf-8", newline="")
    (FOLDER / f"{scene.name}.cel.json").write_text(_cel(pbx, counted, mask), encoding="utf-8")


def _last_cel(pbx: Asterisk) -> int:
    with contextlib.closing(sqlite3.connect(f"file:{pbx.cel}?mode=ro", uri=True)) as cel:
        return int(cel.execute("SELECT coalesce(max(AcctId), 0) FROM cel").fetchone()[0])


def _cel(pbx: Asterisk, after: int, mask: Mask) -> str:
    """The rows since then, one a line, without their empty columns."""
    with contextlib.closing(sqlite3.connect(f"file:{pbx.cel}?mode=ro", uri=True)) as cel:
        cel.row_factory = sqlite3.Row
        rows = [dict(row) for row in cel.execute("SELECT * FROM cel WHERE AcctId > ? ORDER BY AcctId", (after,))]
    kept = [{key: _plain(value, mask) for key, value in row.items() if value not in (None, "")} for row in rows]
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in kept) + "\n]\n"


def _plain(value: Any, mask: Mask) -> Any:
    return mask.number(value) if isinstance(value, str) else value


def _story(scene: Scenario, pbx: Asterisk, truths: list[Truth], mask: Mask) -> str:
    story = {
        "scenario": scene.name,
        "about": scene.about,
        "asterisk": pbx.version,
        "calls": [_masked(dict(truth.fields), mask) for truth in truths],
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
