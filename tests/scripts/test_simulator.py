"""The simulated PBX, heard by the real listener: what it plays is what `scripts/manage calls` tells."""

import json
import sys
import time

from callcenter.config import Settings
from tests.scripts.processes import MANAGE, environment, free_port, manage, running, wait_for_line

WANTED = 20
NEVER = {"failed", "unserved", "blocked", "forwarded"}


def test_simulated_calls_arrive_complete(settings: Settings) -> None:
    port = free_port()
    pbx = f"simulated=ami://callcenter:s@127.0.0.1:{port}"
    given = environment(settings, CALLCENTER_PBX=pbx, HOTLINE_SIMULATOR_SECRET="s")
    play = (sys.executable, "-P", "-m", "scripts.demo.simulator", "--port", str(port), "--speed", "20", "--every", "6")
    with running(given, *play), running(given, *MANAGE, "listen") as listener:
        wait_for_line(listener, "ready simulated")
        ended = _ended_calls(given)
    assert len(ended) >= WANTED
    outcomes = {call["outcome"] for call in ended}
    assert {"answered", "callback"} <= outcomes
    assert not outcomes & NEVER
    for call in (call for call in ended if call["outcome"] == "answered"):
        assert call["operator"] in call["rang"]
        assert call["talk_s"] > 0


def _ended_calls(given: dict[str, str]) -> list[dict[str, object]]:
    """As soon as there are enough of them."""
    until = time.monotonic() + 60
    ended: list[dict[str, object]] = []
    while len(ended) < WANTED and time.monotonic() < until:
        calls = [json.loads(line) for line in manage(given, "calls").stdout.splitlines()]
        ended = [call for call in calls if call["outcome"]]
    return ended
