"""scripts/manage: one command for each process and tool. stdout is data, stderr the log; exit 0, 1, 2."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from callcenter.errors import HotlineError

if TYPE_CHECKING:
    pass

# Everything else is imported by the command that needs it: `console` must patch sockets before psycopg is seen,
# and `--help` should not wait for a database driver.


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The 1022 hotline: processes to run and tools for administrators."""


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time; without an offset it is Vietnam's."""

    name = "iso"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from zoneinfo import ZoneInfo

        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an ISO 8601 time such as 2026-11-23T07:30", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


def between(command: Callable[..., None]) -> Callable[..., None]:
    """`--since` (included) and `--until` (not included)."""
    command = click.option("--until", type=Moment(), help="up to this time, not included")(command)
    return click.option("--since", type=Moment(), help="from this time on")(command)


def as_jsonl(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--format", "_format", type=click.Choice(["jsonl"]), default="jsonl", help="one object a line")(
        command
    )


@cli.command()
def migrate() -> None:
    """Bring the schema up to date; safe to run twice and by two at once."""
    from callcenter import migrate as schema
    from scripts.processes.ground import ground

    with ground("migrate", schema=False) as here:
        applied = schema.upgrade(here.engine)
    click.echo(f"applied: {', '.join(applied)}" if applied else "the schema is up to date", err=True)


@cli.command()
@click.option("--demo", is_flag=True, help="the demo province: agencies, rules, people; writes demo.json")
def seed(demo: bool) -> None:
    """Fill in what every site needs (fields, targets, calendar, communes); what people changed since stays."""
    from scripts.demo import seeding
    from scripts.processes.ground import ground

    with ground("seed") as here:
        seeding.seed(here.engine, here.settings, with_demo=demo)


@cli.command()
@click.option("--pbx", help="only this one of CALLCENTER_PBX")
def listen(pbx: str | None) -> None:
    """Listen to the PBX: every call is recorded, every call gets its ticket. Logs `ready NAME`."""
    from scripts.processes.ground import ground
    from telephony import listener

    with ground("listen") as here:
        listener.run(here.settings, pbx)


@cli.command()
def console() -> None:
    """Serve the pages of the staff on CALLCENTER_CONSOLE_BIND."""
    _serve("console")


@cli.command()
def public() -> None:
    """Serve the public site and the API on CALLCENTER_PUBLIC_BIND."""
    _serve("public")


def _serve(name: str) -> None:
    from gevent import monkey

    monkey.patch_all()
    from scripts.demo import door
    from scripts.processes import serve
    from scripts.processes.ground import ground

    with ground(name) as here:
        # Each worker makes its own: a connection of the parent must not be shared across a fork.
        here.engine.dispose()
        bind = here.settings.console_bind if name == "console" else here.settings.public_bind
        serve.share_counters(here.settings.data_dir, f"{name}-{bind.rpartition(':')[2]}")
        from agent_ui import app

        serve.serve(
            lambda: app.serving(name, here.settings, door.beside_sign_in(here.settings)),
            bind,
            f"CALLCENTER_{name.upper()}_BIND",
            workers=here.settings.workers,
        )


@cli.command()
def work() -> None:
    """Work on the queue: routes what was filed or sent in to the agencies."""
    from scripts.processes import worker
    from scripts.processes.ground import ground

    with ground("work") as here:
        worker.work(here.engine, here.redis_url, here.settings.sms)


@cli.command()
def relay() -> None:
    """Hand what was promised in the outbox over to the queue."""
    import redis

    from callcenter import outbox
    from scripts.processes.ground import ground
    from scripts.processes.stopping import stopped_by_signals

    with ground("relay") as here, redis.Redis.from_url(here.redis_url) as broker:
        outbox.relay(here.engine, broker, stopped_by_signals())


@cli.command()
@between
@as_jsonl
def calls(since: datetime | None, until: datetime | None, _format: str) -> None:
    """Every hotline call as a line of JSON, oldest first."""
    from tickets.figures.exports import export_calls

    _export("calls", export_calls, since, until)


@cli.command()
@between
@as_jsonl
def tickets(since: datetime | None, until: datetime | None, _format: str) -> None:
    """Every ticket as a line of JSON, oldest first, drafts included."""
    from tickets.figures.exports import export_tickets

    _export("tickets", export_tickets, since, until)


def _export(name: str, rows: Callable[..., Any], since: datetime | None, until: datetime | None) -> None:
    import json

    from callcenter.db import reading
    from scripts.processes.ground import ground

    with ground(name) as here, reading(here.engine) as session:
        for row in rows(session, since, until):
            sys.stdout.buffer.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        sys.stdout.buffer.flush()


@cli.command()
@between
@click.option("--format", "_format", type=click.Choice(["json"]), default="json", help="one object")
@click.option(
    "--calls", "file", type=click.File("r", encoding="utf-8"), help="lines of `calls` instead of the database"
)
def stats(since: datetime | None, until: datetime | None, _format: str, file: TextIO | None) -> None:
    """The figures of a time span, each with its formula and its sample."""
    import json
    from functools import partial

    from callcenter.config import Settings
    from callcenter.db import reading
    from scripts.processes.ground import ground
    from scripts.tools.call_lines import rows_between
    from tickets.figures.stats import figures

    settings = Settings.from_env()
    count = partial(
        figures,
        since=since,
        until=until,
        now=datetime.now(UTC),
        service_level_s=settings.service_level_s,
        short_abandon_s=settings.short_abandon_s,
    )
    if file:
        found = count(None, calls=rows_between(file, since, until))
    else:
        with ground("stats") as here, reading(here.engine) as session:
            found = count(session)
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))


@cli.command()
def cron() -> None:
    """Settle what time alone settles, again and again: tickets left over, deadlines passed."""
    from scripts.processes import sweeping
    from scripts.processes.ground import ground

    with ground("cron") as here:
        sweeping.keep_sweeping(here.engine, here.settings)


@cli.command()
def doctor() -> None:
    """Check everything a site needs and say what to mend."""
    from scripts.tools import doctor as checks

    if not checks.run():
        raise SystemExit(1)


@cli.group()
def user() -> None:
    """Accounts of people."""


@user.command("add")
@click.argument("username")
@click.option("--name", required=True, help="as shown on pages, for example 'Nguyễn Thị Lan'")
@click.option(
    "--role", required=True, type=click.Choice(["operator", "shift_leader", "supervisor", "officer", "admin"])
)
@click.option("--extension", help="the number of the operator's phone")
@click.option("--agency", help="the code of an officer's agency")
@click.option("--approves", is_flag=True, help="an officer who heads the agency and approves its answers")
@click.password_option(envvar="CALLCENTER_NEW_PASSWORD", help="asked for when not given; at least 12 characters")
def add_user(username: str, password: str, **more: Any) -> None:
    """Add a person. The password is asked for, or read from CALLCENTER_NEW_PASSWORD."""
    from scripts.processes.ground import ground
    from scripts.tools import accounts

    with ground("user") as here:
        accounts.add_user(here.engine, username, password, **more)


@cli.group()
def token() -> None:
    """Keys of the programs that send reports."""


@token.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice(["api", "open311"]), default="api", show_default=True)
@click.option("--source", type=click.Choice(["app", "web", "open311"]), default="app", show_default=True,
              help="what its reports count as")  # fmt: skip
def add_token(name: str, scope: str, source: str) -> None:
    """Make a key and print it, this once: only its hash is kept."""
    from scripts.processes.ground import ground
    from scripts.tools import accounts

    with ground("token") as here:
        click.echo(accounts.add_token(here.engine, name, scope, source))


@cli.command()
@click.argument("url")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seconds", type=float, default=0, help="stop by itself; 0 = only by Ctrl-C")
@click.option("--keep-names", is_flag=True, help="mask numbers only")
def record(url: str, file: Path, seconds: float, keep_names: bool) -> None:
    """Record what a PBX says (ami://USER:SECRET@HOST:PORT) into FILE, numbers and names masked: to send a bug."""
    import asyncio

    from scripts.tools import record_ami

    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(record_ami.record(url, file, seconds, record_ami.Mask(keep_names)))
    except OSError as error:
        raise click.ClickException(f"{url.rpartition('@')[2]}: {error}") from None


@cli.command()
@click.option("--pbx", help="only this one")
@click.option("--since", type=Moment(), help="read the logs back to this time, and count from it")
def reconcile(pbx: str | None, since: datetime | None) -> None:
    """Compare the calls with the PBX's own queue_log and CEL, and repair what AMI did not show. One object a PBX."""
    import json
    from datetime import UTC

    from callcenter.db import reading
    from scripts.processes.ground import ground
    from telephony.witness import reconcile as reconciling
    from tickets.figures import capture

    with ground("reconcile") as here:
        names = reconciling.names(here.settings)
        if pbx is not None and pbx not in names:
            raise click.ClickException(f"no PBX {pbx} (known: {', '.join(names) or 'none'})")
        for name in names if pbx is None else [pbx]:
            reconciling.reconcile(here.engine, here.settings, name, datetime.now(UTC), since=since)
            with reading(here.engine) as session:
                report = capture.count(session, name, since=since)
            click.echo(json.dumps(report.as_dict(), ensure_ascii=False))


def main(arguments: list[str] | None = None) -> int:
    from scripts.processes import lifeline, log

    lifeline.tie()
    log.set_up()
    try:
        cli.main(arguments, prog_name="scripts/manage", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit as ended:
        # gunicorn leaves by it, in its worker too.
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (click.Abort, KeyboardInterrupt):
        return 1
    except HotlineError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our lines has closed the pipe; Python must not complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if not _is_server_away(error):
            raise
        print(f"{type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
        return 1
    return 0


def _is_server_away(error: Exception) -> bool:
    """A database or broker that went away is reported in one line; anything else is a defect and shows its trace."""
    return type(error).__name__ in {"OperationalError", "ConnectionError", "TimeoutError"}


def leave(code: int) -> None:
    """End now: all is released by here, and Python's own tidying up takes a second of a core for each process."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
