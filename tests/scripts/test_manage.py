"""scripts/manage: data on stdout, the log on stderr, exit 0, 1 or 2, and one line for what is set wrongly."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from callcenter.config import Settings
from callcenter.db import make_engine, transaction
from callcenter.models import Agency, User
from callcenter.vocab import AgencyKind
from tests import factories
from tests.scripts.processes import MANAGE, environment, free_port, manage, running, wait_for_line

COMMANDS = ("migrate", "seed", "listen", "console", "public", "work", "relay", "cron", "calls", "tickets", "stats",
            "reconcile", "user", "token", "doctor")  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_contract_explains_itself(command: str) -> None:
    done = manage(environment(), command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: scripts/manage" in done.stdout


@pytest.mark.parametrize("arguments", [("nonsense",), ("calls", "--since", "yesterday"), ("calls", "--format", "csv")])
def test_wrong_usage_is_2_and_prints_no_data(arguments: tuple[str, ...]) -> None:
    done = manage(environment(), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CALLCENTER_DATABASE_URL", "mysql://localhost/x"),
        ("CALLCENTER_DATABASE_URL", "postgresql://u:hidden@127.0.0.1:1/x"),
        ("CALLCENTER_PBX", "pbx=http://u:hidden@host"),
        ("CALLCENTER_CONSOLE_BIND", "8022"),
        ("CALLCENTER_WORKERS", "0"),
        ("CALLCENTER_WORKERS", "many"),
        ("CALLCENTER_QUEUE_LOG", "a=/var/log/asterisk/queue_log, b=/var/log/asterisk/queue_log"),
        ("CALLCENTER_CEL", "a=postgresql://u:hidden@host/cel,b=postgresql://u:hidden@host/cel"),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(name: str, value: str, settings: Settings) -> None:
    done = manage(environment(settings, **{name: value}), "calls")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"{name}: ")
    assert "hidden" not in done.stderr


def test_a_data_folder_that_cannot_be_is_one_line() -> None:
    done = manage(environment(CALLCENTER_DATA_DIR="/dev/null/var"), "calls")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert done.stderr.startswith("CALLCENTER_DATA_DIR: /dev/null")


def test_calls_are_lines_of_json_oldest_first_and_half_open(engine: Engine, settings: Settings) -> None:
    noon = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    with transaction(engine) as session:
        for hours in (2, 0, 1):
            factories.answered(session, linkedid=f"{hours}.1", started_at=noon + timedelta(hours=hours))
    span = ("--since", "2026-11-23T12:00", "--until", "2026-11-23T07:00:00+00:00")
    done = manage(environment(settings), "calls", *span, "--format", "jsonl")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["linkedid"] for row in rows] == ["0.1", "1.1"]


def test_figures_of_the_database_and_of_its_own_file_are_the_same(
    engine: Engine, settings: Settings, tmp_path: Path
) -> None:
    with transaction(engine) as session:
        factories.answered(session)
        factories.missed(session)
    given = environment(settings)
    lines = tmp_path / "calls.jsonl"
    lines.write_text(manage(given, "calls").stdout, encoding="utf-8")
    direct = json.loads(manage(given, "stats").stdout)
    from_file = json.loads(manage(given, "stats", "--calls", str(lines)).stdout)
    assert direct["entered"]["value"] == 2
    assert from_file == direct


def test_people_and_keys_can_be_added_once(engine: Engine, settings: Settings) -> None:
    given = environment(settings, CALLCENTER_NEW_PASSWORD="rach-sen-xoai-11")
    add = ("user", "add", "lan", "--name", "Lan", "--role", "operator", "--extension", "101")
    short = manage({**given, "CALLCENTER_NEW_PASSWORD": "rach-sen-11"}, *add)
    assert (short.returncode, "at least 12 characters" in short.stderr) == (1, True)
    assert manage(given, *add).returncode == 0
    again = manage(given, *add)
    assert (again.returncode, len(again.stderr.splitlines())) == (1, 1)
    key = manage(given, "token", "add", "the app")
    assert key.returncode == 0
    assert len(key.stdout.strip()) >= 32


def test_only_an_officer_heads_an_agency(engine: Engine, settings: Settings) -> None:
    with transaction(engine) as session:
        session.add(Agency(code="van-phong", name="Văn phòng", kind=AgencyKind.OFFICE, needs_approval=True))
    given = environment(settings, CALLCENTER_NEW_PASSWORD="rach-sen-xoai-11")
    refused = manage(given, "user", "add", "lan", "--name", "Lan", "--role", "operator", "--approves")
    assert (refused.returncode, "--approves" in refused.stderr) == (1, True)
    head = ("user", "add", "ngoc", "--name", "Ngọc", "--role", "officer", "--agency", "van-phong", "--approves")
    assert manage(given, *head).returncode == 0
    with transaction(engine) as session:
        assert session.query(User).filter_by(username="ngoc").one().approves


@pytest.mark.parametrize(("command", "setting"), [("console", "CONSOLE"), ("public", "PUBLIC")])
def test_a_port_in_use_is_told_by_the_name_of_its_setting(command: str, setting: str, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        done = manage(environment(settings, **{f"CALLCENTER_{setting}_BIND": bind}), command)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"CALLCENTER_{setting}_BIND: {bind} is taken by another program; stop that program or choose another HOST:PORT"
    ]


def test_a_given_database_without_our_tables_is_not_touched_unasked(
    empty_database_url: str, settings: Settings
) -> None:
    given = environment(settings, CALLCENTER_DATABASE_URL=empty_database_url)
    refused = manage(given, "calls")
    assert refused.returncode == 1
    assert "scripts/manage migrate" in refused.stderr
    assert manage(given, "migrate").returncode == 0
    assert manage(given, "calls").returncode == 0


def test_a_database_from_before_the_baseline_is_refused_with_the_way_out(
    empty_database_url: str, settings: Settings
) -> None:
    given = environment(settings, CALLCENTER_DATABASE_URL=empty_database_url)
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0012')"))
    engine.dispose()
    for command in ("migrate", "calls"):
        done = manage(given, command)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert done.stderr.startswith("the database is at revision 0012, ")
        assert "git checkout 4410ccb" in done.stderr
    doctor = manage(given, "doctor")
    assert doctor.returncode == 1
    assert "problem  database and broker: the database is at revision 0012, " in doctor.stdout


def test_whoever_waits_for_a_log_keeps_no_sweep_waiting(engine: Engine, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "queue_log").touch()
    given = environment(settings, CALLCENTER_QUEUE_LOG=f"lab={tmp_path / 'queue_log'}")
    with engine.connect() as holder:
        holder.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('reconcile:lab', 1022))"))
        with running(given, *MANAGE, "cron") as cron:
            wait_for_line(cron, "ready cron")
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
                while not other.scalar(
                    text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                ):
                    assert cron.poll() is None
            cron.terminate()
            assert cron.wait(timeout=10) == 0


def test_doctor_names_what_is_wrong_and_fails(settings: Settings) -> None:
    port = free_port()
    done = manage(environment(settings, CALLCENTER_PBX=f"pbx1=ami://u:hidden@127.0.0.1:{port}"), "doctor")
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok", "ok", "ok", "problem"]
    assert "hidden" not in done.stdout
