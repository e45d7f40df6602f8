"""No call is lost: whatever is killed, cut off or stopped, every call is there once, as its caller saw it."""

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from scripts.lab.asterisk_env import Asterisk
from tests.asterisk.audit import Finding, audit
from tests.asterisk.crowd import with_crowd
from tests.asterisk.faults import PBX, Ear, Hotline, until
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Truth, run_all, site_for

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]
# Two hotlines, each with a PBX of its own, so that the faults of one play while the other waits.
_of_ours = pytest.mark.xdist_group("asterisk-faults-of-ours")
_around_us = pytest.mark.xdist_group("asterisk-faults-around-us")

KINDS = (
    "operator_hangs_up", "ring_no_answer", "hold", "blind", "attended", "abandoned_late", "timeout_message",
    "callback_while_waiting", "local_member", "closed",
)  # fmt: skip
LANES = 8
# The reader of the logs waits until nothing more is written of a call.
_QUIET_S = 3.2

Play = Callable[[Hotline, Ear], Awaitable[Sequence[Truth]]]
Survives = Callable[..., None]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def hotline(asterisk_tree: None, runner: asyncio.Runner) -> Iterator[Hotline]:
    data = Path(tempfile.mkdtemp(prefix="hotline-faults-"))
    data.chmod(0o711)
    with Asterisk(with_crowd(site_for((SCENARIOS[name] for name in KINDS), LANES))) as pbx:
        hotline = runner.run(Hotline(pbx, data).open())
        runner.run(first_call(hotline))
        yield hotline
        hotline.close()
    shutil.rmtree(data, ignore_errors=True)


async def first_call(hotline: Hotline) -> None:
    """A hotline without a single call has no past to be read."""
    await hotline.listen()
    await hotline.crowd(0).run(1, 0)
    (report,) = (json.loads(line) for line in (await hotline.manage("reconcile")).splitlines())
    assert (report["pbx"], report["heard"], report["witnessed"]) == (PBX, 1, 1)


@pytest.fixture
def survives(hotline: Hotline, runner: asyncio.Runner, record_property: Callable[[str, object], None]) -> Survives:
    """Plays a fault, lets the PBX's own log be read, and compares."""

    async def play(fault: str, body: Play) -> Finding:
        since = time.time()
        truths = await body(hotline, await hotline.ear())
        await asyncio.sleep(_QUIET_S)
        await hotline.reconcile()
        finding = audit(fault, hotline.engine, truths, hotline.pbx, since)
        finding.wrong += [each.said for each in hotline.ears if "Traceback" in each.said]
        return finding

    def check(fault: str, body: Play, note: Callable[[], str] = str) -> None:
        finding = runner.run(play(fault, body))
        finding.note = note()
        record_property("told", str(finding))
        assert not finding.bad, "\n".join(finding.bad)

    return check


async def scenes(hotline: Hotline) -> list[Truth]:
    """One call of each kind, side by side."""
    results = await run_all((SCENARIOS[name] for name in KINDS), hotline.lanes)
    truths: list[Truth] = []
    for name, found in results.items():
        if isinstance(found, BaseException):
            raise AssertionError(f"{name} failed itself") from found
        truths += found
    return truths


# Nobody listens


@_of_ours
@pytest.mark.parametrize(("when", "dies", "comes"), [("start", 0.0, 4.0), ("middle", 4.0, 2.0), ("end", 7.0, 5.0)])
def test_listener_away(survives: Survives, when: str, dies: float, comes: float) -> None:
    """Killed, and started again some seconds later."""

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        async def away() -> None:
            await asyncio.sleep(dies)
            ear.kill()
            await asyncio.sleep(comes)
            await hotline.listen()
            if when == "middle":
                # The operator's page goes on: talks are known from the list of channels.
                await until(lambda: len(hotline.talking()) > 1, 3)

        return (await asyncio.gather(scenes(hotline), away()))[0]

    survives(f"listener away at the {when} of calls", body)


@_of_ours
def test_listener_killed_at_random(survives: Survives) -> None:
    """Four times within a hundred calls that overlap, and each time started at once."""
    chance = random.Random(1022)

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd = hotline.crowd(1)

        async def killer() -> None:
            last = ear
            for _ in range(4):
                await asyncio.sleep(chance.uniform(0.5, 4))
                last.kill()
                last = await hotline.listen()

        await asyncio.gather(crowd.run(100, 0.2), killer())
        return crowd.truths

    survives("listener kill -9, 4 times in 100 calls", body)


@_of_ours
def test_queue_log_is_witness_enough(survives: Survives, hotline: Hotline) -> None:
    """A site without CEL: the dialplan's own rows, whole seconds and the members' names do."""

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd = hotline.crowd(2)

        async def away() -> None:
            await asyncio.sleep(3)
            ear.kill()
            await asyncio.sleep(2)
            await hotline.listen()

        await asyncio.gather(crowd.run(30, 0.25), away())
        return crowd.truths

    with hotline.without_cel():
        survives("listener away, queue_log the only witness", body)


# The line to the PBX


@_around_us
@pytest.mark.parametrize(("how", "seed"), [("closed", 3), ("half open", 4), ("silent", 5)])
def test_line_lost(survives: Survives, how: str, seed: int) -> None:
    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd, before = hotline.crowd(seed), ear.readies

        async def fault() -> None:
            await asyncio.sleep(1)
            if how == "closed":
                hotline.wire.cut()
                await ear.ready(times=before + 1)
                await hotline.kick()
                await ear.ready(times=before + 2)
            else:
                hotline.wire.fall_silent(both=how == "half open")
                await ear.ready(times=before + 1)

        await asyncio.gather(crowd.run(20, 0.3 if how == "closed" else 0.6), fault())
        return crowd.truths

    survives(f"AMI connection {how}", body)


# The servers


@_around_us
def test_database_away(survives: Survives) -> None:
    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd = hotline.crowd(20)

        async def fault() -> None:
            await asyncio.sleep(1)
            await asyncio.to_thread(hotline.database.stop)
            await asyncio.sleep(20)
            await asyncio.to_thread(hotline.database.start)

        await asyncio.gather(crowd.run(50, 0.4), fault())
        await ear.says("the database is back", 30)
        return crowd.truths

    survives("database stopped for 20 s", body)


@_around_us
def test_broker_away(survives: Survives) -> None:
    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd = hotline.crowd(21)

        async def fault() -> None:
            await asyncio.sleep(1)
            await asyncio.to_thread(hotline.broker.stop)
            await asyncio.sleep(4)
            await asyncio.to_thread(hotline.broker.start)

        await asyncio.gather(crowd.run(16, 0.3), fault())
        return crowd.truths

    survives("broker stopped for 4 s", body)


@_around_us
def test_killed_while_the_database_is_away(survives: Survives) -> None:
    """What was kept on disk by one is written by the next."""

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd = hotline.crowd(22)

        async def fault() -> None:
            await asyncio.sleep(1)
            await asyncio.to_thread(hotline.database.stop)
            await ear.says("kept on disk", 15)
            await asyncio.sleep(1)
            ear.kill()
            # The next one starts the database too.
            await hotline.listen()

        await asyncio.gather(crowd.run(24, 0.4), fault())
        return crowd.truths

    survives("listener kill -9 while the database is stopped", body)


# A standby


@_of_ours
def test_standby_takes_over(survives: Survives) -> None:
    """The leader is killed; the standby hears the PBX within 5 s."""
    took: list[float] = []

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd, standby = hotline.crowd(30), await hotline.listen()

        async def fault() -> None:
            await asyncio.sleep(3)
            killed = time.monotonic()
            ear.kill()
            took.append(await standby.ready() - killed)

        await asyncio.gather(crowd.run(16, 0.4), fault())
        return crowd.truths

    survives("leader killed, standby takes over", body, note=lambda: f"after {took[0]:.1f} s")
    assert took[0] < 5


@_of_ours
def test_stalled_leader(survives: Survives) -> None:
    """The leader stands still for 10 s and wakes up: what it still wants to write is refused."""
    took: list[float] = []

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd, standby = hotline.crowd(31), await hotline.listen()

        async def fault() -> None:
            await asyncio.sleep(1)
            stalled = time.monotonic()
            ear.freeze()
            took.append(await standby.ready() - stalled)
            await asyncio.sleep(10 - took[0])
            ear.thaw()
            await ear.says("steps down", 10)

        await asyncio.gather(crowd.run(24, 0.4), fault())
        # It is the standby of the other now.
        await ear.says("another listener has this PBX", 10)
        return crowd.truths

    survives("leader stalled for 10 s", body, note=lambda: f"standby ready after {took[0]:.1f} s")
    assert took[0] < 8


# The PBX itself


@_around_us
@pytest.mark.parametrize("how", ["core restart now", "kill -9"])
def test_pbx_restarts(survives: Survives, how: str) -> None:
    """In mid-call: a talking caller was answered, a waiting one is called back; the end is the next start at the
    latest."""

    async def body(hotline: Hotline, ear: Ear) -> list[Truth]:
        crowd, before, pbx = hotline.crowd(40 + len(how)), ear.readies, hotline.pbx
        await hotline.sign_in()
        async with crowd.on_duty():
            kinds = ("served_to_the_end",) * 4 + ("patient",) * 2
            cut = [await crowd.begin(kind, talk_s=60) for kind in kinds]
            await until(lambda: sum(bool(crowd.talked(call.caller)) for call in cut) == 4, 15)
            await asyncio.sleep(2)
            began = time.time()
            if how == "kill -9":
                await asyncio.to_thread(pbx.kill)
                hotline.forget_members()
                await asyncio.sleep(1)
                await asyncio.to_thread(pbx.start)
            else:
                await asyncio.to_thread(pbx.restart_now)
            booted = time.time()
            for call in cut:
                await crowd.is_cut(call, began, booted)
        await ear.ready(times=before + 1)
        await crowd.run(8, 0.3)
        assert await hotline.is_signed_in()
        return crowd.truths

    survives(f"PBX: {how}", body)
