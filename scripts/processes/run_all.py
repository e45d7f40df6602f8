"""scripts/run: the whole system under one supervisor, with the demo province and callers; Ctrl-C ends all of it."""

import os
import secrets
import socket
import sys
import time
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import quote

import click

from callcenter.errors import HotlineError
from scripts.demo import backfill, door, seeding
from scripts.demo.narrate import narrate
from scripts.demo.simulated.past import PBX, sounds_folder
from scripts.processes import lifeline, log
from scripts.processes.children import Supervisor
from scripts.processes.ground import Ground, ground
from scripts.processes.serve import check_free
from scripts.processes.stopping import stopped_by_signals

MANAGE = "scripts.tools.cli"
ROLES = {
    "operator": "operator",
    "shift_leader": "shift leader",
    "supervisor": "supervisor",
    "officer": "agency officer",
    "admin": "administrator",
}


def say(text: str) -> None:
    print(text, flush=True)


def run(*, asterisk: bool, demo: bool, pace: float | None = None, history: int = 0) -> None:
    """Everything, until SIGTERM or Ctrl-C. Raises HotlineError, in one line, for what cannot be started."""
    began = time.monotonic()
    stop = stopped_by_signals()
    with ExitStack() as stack:
        here = stack.enter_context(ground("run"))
        check_free(here.settings.console_bind, "CALLCENTER_CONSOLE_BIND")
        check_free(here.settings.public_bind, "CALLCENTER_PUBLIC_BIND")
        environment = {**os.environ, "CALLCENTER_DATA_DIR": str(here.settings.data_dir)}
        if demo:
            environment[door.OPEN] = "1"
        if demo and not asterisk and not here.settings.pbx:
            _give_sounds(environment, here.settings.data_dir)
        supervisor = Supervisor(here.settings.data_dir / "log", environment, say)
        stack.callback(supervisor.stop)
        for name in ("console", "public", "work", "relay"):
            supervisor.start(name, MANAGE, name)
        # Beside them: they need the tables, not yet what is in them.
        facts = seeding.seed(here.engine, here.settings, with_demo=demo)
        if demo and history:
            backfill.write(here.engine, here.settings.data_dir, days=history, now=datetime.now(UTC), stop=stop)
        # After the past is written: the sweeps would find deadlines there that a later step meets.
        supervisor.start("cron", MANAGE, "cron")
        _start_calls(supervisor, here, stop, asterisk=asterisk, demo=demo, pace=pace)
        if not _wait_for_pages(here, supervisor, stop):
            return
        newcomer = None if asterisk or here.settings.pbx else _newcomer(facts)
        _welcome(here, facts, time.monotonic() - began, newcomer)
        extension = newcomer["extension"] if newcomer else None
        Thread(target=narrate, args=(here.engine, here.redis_url, say, extension), daemon=True).start()
        supervisor.keep(stop)
        say("Stopping …")


def _give_sounds(environment: dict[str, str], data_dir: Path) -> None:
    """Messages left on the simulated PBX can be heard in the console, where the site names no folder of its own."""
    folder = sounds_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    environment["HOTLINE_SIMULATOR_SOUNDS"] = str(folder)
    # A comma would be read as the beginning of a second folder.
    if "," not in str(folder):
        environment.setdefault("CALLCENTER_RECORDINGS", f"{PBX}={folder.parent}")


def _newcomer(facts: dict[str, Any] | None) -> dict[str, Any] | None:
    """Whose telephone the simulated PBX lets ring until a person at the console answers it."""
    return next((user for user in facts["users"] if user.get("extension")), None) if facts else None


def _start_calls(
    supervisor: Supervisor, here: Ground, stop: Event, *, asterisk: bool, demo: bool, pace: float | None
) -> None:
    if asterisk:
        from scripts.demo import asterisk_site

        supervisor.environment |= asterisk_site.start(supervisor, here.settings.data_dir, stop)
    elif demo and not here.settings.pbx:
        supervisor.environment["CALLCENTER_PBX"] = _start_simulator(supervisor, pace)
    if "CALLCENTER_PBX" in supervisor.environment:
        supervisor.start("listen", MANAGE, "listen")
        if demo and not here.settings.pbx:
            supervisor.start("colleagues", "scripts.demo.colleagues")
    else:
        say("No PBX is named in CALLCENTER_PBX: no calls are heard.")


def _start_simulator(supervisor: Supervisor, pace: float | None) -> str:
    secret = secrets.token_urlsafe(12)
    port = _free_port()
    supervisor.environment["HOTLINE_SIMULATOR_SECRET"] = secret
    paced = ("--pace", str(pace)) if pace else ()
    supervisor.start("simulator", "scripts.demo.simulator", "--port", str(port), *paced)
    return f"simulated=ami://callcenter:{quote(secret)}@127.0.0.1:{port}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for_pages(here: Ground, supervisor: Supervisor, stop: Event) -> bool:
    """Both sites answer; False when asked to stop meanwhile."""
    addresses = [f"http://{bind}/healthz" for bind in (here.settings.console_bind, here.settings.public_bind)]
    until = time.monotonic() + 60
    while not stop.wait(0.1):
        if all(_answers(address) for address in addresses) or time.monotonic() > until:
            return True
        supervisor.look_after()
    return False


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 (our own address)
            return True
    except OSError as error:
        # A page that is not there was still answered by our site.
        return hasattr(error, "code")


def _welcome(here: Ground, facts: dict[str, Any] | None, seconds: float, newcomer: dict[str, Any] | None) -> None:
    say(f"\nThe 1022 hotline is ready after {seconds:.0f} s.\n")
    say(f"  Staff      http://{here.settings.console_bind}")
    say(f"  Citizens   http://{here.settings.public_bind}\n")
    if facts:
        say("Sign in as")
        for user in _one_of_each_role(facts["users"]):
            note = f"  extension {user['extension']}" if user.get("extension") else f"  {user.get('agency') or ''}"
            say(f"  {ROLES[user['role']]:<15} {user['username']:<12} {user['password']:<24}{note}".rstrip())
        say(f"\nMore people and the API tokens: {here.settings.data_dir / 'demo.json'}")
    else:
        say("Add the first person: scripts/manage user add NAME --name '…' --role admin")
    if newcomer:
        _first_hour(here, newcomer)
    say(f"\nLogs: {here.settings.data_dir / 'log'}    Ctrl-C ends everything.\n")


def _first_hour(here: Ground, newcomer: dict[str, Any]) -> None:
    say("\nYour first call")
    say(f"  1. Open http://{here.settings.console_bind} and sign in as {newcomer['username']}, {newcomer['password']}.")
    say(f"  2. Your telephone {newcomer['extension']} rings within about 15 s. Press Nhận máy: the citizen talks,")
    say("     and the ticket is open beside it. A ring that you miss goes to a colleague, and you get the next one.")
    say("  3. Fill in the ticket and press Chuyển xử lý. Below you read which agency gets it; its officer answers it,")
    say("     and the supervisor sees the whole day: sign in as each of them.")


def _one_of_each_role(users: list[dict[str, Any]]) -> list[dict[str, Any]]:
    first: dict[str, dict[str, Any]] = {}
    for user in users:
        first.setdefault(user["role"], user)
    return list(first.values())


@click.command()
@click.option("--asterisk", is_flag=True, help="a real Asterisk with SIPp callers instead of the simulated PBX")
@click.option("--no-demo", is_flag=True, help="an empty system: no demo province, no callers")
@click.option("--pace", type=click.FloatRange(1, 3600), metavar="N", help="simulated callers in the busiest hour of "
              "the day, fewer at other hours; without it one in about 12 s, day and night")  # fmt: skip
@click.option("--history", type=click.IntRange(0, 365), default=0, metavar="DAYS", help="write a past of so many days "
              "first: calls, tickets, answers; days that have calls stay as they are")  # fmt: skip
def command(asterisk: bool, no_demo: bool, pace: float | None, history: int) -> None:
    """Start the whole hotline: pages, listener, queue, demo province and callers. Ctrl-C ends all of it."""
    if no_demo and (pace or history):
        raise click.UsageError("--pace and --history belong to the demo: leave out --no-demo")
    if asterisk and pace:
        raise click.UsageError("--pace is for the simulated PBX: leave out --asterisk")
    run(asterisk=asterisk, demo=not no_demo, pace=pace, history=history)


def main() -> int:
    lifeline.tie()
    log.set_up()
    try:
        command.main(prog_name="scripts/run", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HotlineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
