"""The schema on an empty database: brought up once however many ask, the same as the models, and taken down again."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, insert, inspect, text
from sqlalchemy.exc import IntegrityError

from callcenter import migrate
from callcenter.db import Base, make_engine
from tests.flows.schema import listing

_SOMETHING: dict[type, Any] = {
    str: "x", int: 1, float: 1.5, bool: False, object: {"a": 1}, list: ["x"],
    datetime: datetime(2026, 11, 23, 2, 0, tzinfo=UTC), date: date(2026, 11, 23), time: time(7, 30),
}  # fmt: skip
# Where a constraint asks for more than something; and what a call-back alone has, which none of these rows is.
_MEANT = {"closes": time(11, 30), "call_at": None}
BASELINE = "0018"
# Columns whose values live in rows of another table since; the way back brings them home.
_MOVED = {
    ("ticket", column)
    for column in ("triage_due", "accept_due", "answer_due", "waiting_since", "paused_minutes", "call_at")
}
ALL = migrate._between(None, migrate._script().get_current_head())


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_many_at_once_apply_it_once_and_a_second_time_changes_nothing(empty: Engine) -> None:
    assert not migrate.is_current(empty)
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(lambda _: migrate.upgrade(empty), range(4)))
    assert sorted(applied, key=len) == [[], [], [], ALL]
    assert ALL[0] == BASELINE
    assert migrate.is_current(empty)
    assert migrate.upgrade(empty) == []


def test_the_migrations_make_what_the_models_say(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def _fill(connection: Connection) -> dict[str, dict[str, Any]]:
    """One row in every table, each column with something in it; by table, as the database keeps it."""
    schema = MetaData()
    schema.reflect(connection)
    # The one table that comes with rows.
    connection.execute(text("DELETE FROM pause_reason"))
    rows: dict[str, dict[str, Any]] = {}
    for table in schema.sorted_tables:
        if table.name == "alembic_version":
            continue
        values = {}
        for column in table.columns:
            of = next(iter(column.foreign_keys), None)
            if of is not None and of.column.table is not table:
                values[column.name] = rows[of.column.table.name][of.column.name]
            elif of is None and column.identity is None and column.computed is None:
                values[column.name] = _MEANT.get(column.name, _SOMETHING[column.type.python_type])
        made = connection.execute(insert(table).values(values).returning(*table.columns))
        rows[table.name] = dict(made.mappings().one())
    return rows


def _kept(connection: Connection, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same tables and columns, read again."""
    return {
        name: dict(connection.execute(text(f"SELECT {', '.join(row)} FROM {name}")).mappings().one())
        for name, row in rows.items()
    }


def test_a_database_with_rows_is_brought_up_and_down_and_loses_none(empty: Engine) -> None:
    """An upgrade that fails on what is there, or loses it, would be found out in the province."""
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), BASELINE)
        rows = _fill(connection)
    assert len(rows) > 15
    assert migrate.upgrade(empty) == ALL[1:]
    with empty.begin() as connection:
        stayed = {name: {k: v for k, v in row.items() if (name, k) not in _MOVED} for name, row in rows.items()}
        assert _kept(connection, stayed) == stayed
        command.downgrade(migrate._config(connection), BASELINE)
        assert _kept(connection, rows) == rows
    assert migrate.upgrade(empty) == ALL[1:]


def test_down_and_up_again(empty: Engine) -> None:
    migrate.upgrade(empty)
    with empty.begin() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert inspect(empty).get_table_names() == ["alembic_version"]
    assert migrate.upgrade(empty) == ALL


def test_the_baseline_is_the_schema_that_the_eighteen_migrations_before_it_made(empty: Engine) -> None:
    """`schema_0018.txt` was listed from a database that commit 4410ccb had migrated step by step."""
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), BASELINE)
        assert listing(connection) == Path(__file__).with_name("schema_0018.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    ("revision", "mend"),
    [("0001", "git checkout 4410ccb"), ("0017", "git checkout 4410ccb"), ("9999", "later version")],
)
def test_a_database_of_another_time_is_refused_in_a_sentence_and_left_as_it_is(
    empty: Engine, revision: str, mend: str
) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    for ask in (migrate.upgrade, migrate.is_current):
        with pytest.raises(migrate.SchemaUnknown, match=f"at revision {revision}.*{mend}"):
            ask(empty)
    assert inspect(empty).get_table_names() == ["alembic_version"]


_TICKETS = """
INSERT INTO ticket (code, kind, source, state, level, created_at, filed_at, routed_at, accepted_at, resolved_at,
                    closed_at, triage_due, accept_due, answer_due, waiting_since, paused_minutes)
VALUES
('filed',  'report', 'app', 'filed',    'normal', :m0, :m0, NULL, NULL, NULL, NULL, :m1, NULL, NULL, NULL, 0),
('back',   'report', 'app', 'triage',   'normal', :m0, :m0, :m1, NULL, NULL, NULL, :m4, :m5, :m9, NULL, 0),
('routed', 'report', 'app', 'routed',   'normal', :m0, :m0, :m2, NULL, NULL, NULL, :m1, :m5, :m9, NULL, 0),
('asked',  'report', 'app', 'waiting',  'normal', :m0, :m0, :m1, :m2, NULL, NULL, :m1, :m5, :m9, :m3, 30),
('late',   'report', 'app', 'closed',   'normal', :m0, :m0, :m1, :m6, :m8, :m9, :m1, :m5, :m7, NULL, 0),
('taken',  'report', 'app', 'withdrawn','normal', :m0, :m0, :m1, NULL, NULL, :m3, :m1, :m5, :m9, NULL, 0),
('draft',  'report', 'app', 'draft',    'normal', :m0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0)
"""
_EVENTS = """
INSERT INTO ticket_event (ticket_id, at, move, from_state, to_state, actor, data)
SELECT id, at, move, before, after, 'x', data::jsonb FROM (VALUES
('back', CAST(:m1 AS timestamptz), 'route', 'filed', 'routed', '{}'),
('back', :m3, 'give_back', 'routed', 'triage', '{}'),
('routed', :m2, 'route', 'filed', 'routed', '{}'),
('routed', :m5, 'breached', 'routed', 'routed', '{"clock": "accept"}'),
('asked', :m1, 'route', 'filed', 'routed', '{}'), ('asked', :m2, 'accept', 'routed', 'accepted', '{}'),
('asked', :m3, 'ask', 'accepted', 'waiting', '{}'),
('late', :m1, 'route', 'filed', 'routed', '{}'), ('late', :m6, 'accept', 'routed', 'accepted', '{}'),
('late', :m7, 'breached', 'accepted', 'accepted', '{"clock": "answer"}'),
('late', :m8, 'resolve', 'accepted', 'resolved', '{}'), ('late', :m9, 'close', 'resolved', 'closed', '{}'),
('taken', :m1, 'route', 'filed', 'routed', '{}'), ('taken', :m3, 'withdraw', 'routed', 'withdrawn', '{}')
) AS told (code, at, move, before, after, data) JOIN ticket USING (code) ORDER BY at
"""
# Code, kind, due, ended, outcome, noted as missed, stands since: hours after the first.
_CLOCKS = [
    ("filed", "triage", 1, None, None, None, None),
    ("back", "triage", 4, None, None, None, None),
    ("back", "accept", 5, 3, "withdrawn", None, None),
    ("back", "answer", 9, None, None, None, None),
    ("routed", "triage", 1, 2, "broken", None, None),
    ("routed", "accept", 5, None, None, 5, None),
    ("routed", "answer", 9, None, None, None, None),
    ("asked", "triage", 1, 1, "kept", None, None),
    ("asked", "accept", 5, 2, "kept", None, None),
    ("asked", "answer", 9, None, None, None, 3),
    ("late", "triage", 1, 1, "kept", None, None),
    ("late", "accept", 5, 6, "broken", None, None),
    ("late", "answer", 7, 8, "broken", 7, None),
    ("taken", "triage", 1, 1, "kept", None, None),
    ("taken", "accept", 5, 3, "withdrawn", None, None),
    ("taken", "answer", 9, 3, "withdrawn", None, None),
]


def test_the_clocks_of_tickets_go_on_as_they_ran(empty: Engine) -> None:
    """0020: due moments become rows, each running, kept, broken or withdrawn as the history has it."""
    first = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    moments = {f"m{hours}": first + timedelta(hours=hours) for hours in range(10)}
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), ALL[ALL.index("0020") - 1])
        connection.execute(text(_TICKETS), moments)
        connection.execute(text(_EVENTS), moments)
        command.upgrade(migrate._config(connection), "0020")
        rows = connection.execute(
            text(
                "SELECT code, c.kind, due, ended_at, outcome, breached_at, stands_since FROM clock c"
                " JOIN ticket ON ticket.id = ticket_id ORDER BY ticket_id,"
                " array_position(ARRAY['triage', 'accept', 'answer'], c.kind::text)"
            )
        ).all()

    def hours(moment: Any) -> Any:
        return (moment - first) // timedelta(hours=1) if isinstance(moment, datetime) else moment

    assert [tuple(map(hours, row)) for row in rows] == _CLOCKS


_CALL_BACKS = """
INSERT INTO ticket (code, kind, source, state, level, caller, created_at, filed_at, closed_at, call_at, version,
                    address)
VALUES
('waits',    'callback', 'hotline', 'filed',     'urgent', '+841', :m0, :m1, NULL, :m5, 3, '12 Nguyễn Trãi'),
('done',     'callback', 'hotline', 'closed',    'normal', '+842', :m0, :m1, :m3,  NULL, 1, ''),
('ended',    'callback', 'hotline', 'closed',    'normal', '+843', :m0, :m1, :m4,  NULL, 1, ''),
('needless', 'callback', 'hotline', 'discarded', 'normal', '+844', :m0, :m1, NULL, NULL, 1, ''),
('drafted',  'report',   'hotline', 'draft',     'normal', '+845', :m0, NULL, NULL, NULL, 2, ''),
('reported', 'report',   'hotline', 'triage',    'normal', '+846', :m0, :m2, NULL, NULL, 2, '')
"""
_THEIR_EVENTS = """
INSERT INTO ticket_event (ticket_id, at, move, from_state, to_state, actor, data)
SELECT id, at, move, before, after, 'x', '{}' FROM (VALUES
('waits', CAST(:m0 AS timestamptz), 'open', NULL, 'draft'),
('waits', :m1, 'expect_call_back', 'draft', 'filed'), ('waits', :m2, 'call_attempt', 'filed', 'filed'),
('done', :m3, 'call_back_done', 'filed', 'closed'), ('ended', :m4, 'call_back_ended', 'filed', 'closed'),
('needless', :m2, 'call_back_needless', 'filed', 'discarded'), ('drafted', :m2, 'redialled', 'filed', 'draft')
) AS told (code, at, move, before, after) JOIN ticket USING (code) ORDER BY at
"""
_WHAT_HANGS = """
WITH c AS (INSERT INTO call (pbx, linkedid, started_at, rang, operators, transfers, talks, snapshot)
           VALUES ('p', '1.1', :m0, '{}', '{}', '[]', '[]', '{}') RETURNING id),
     f AS (INSERT INTO attachment (ticket_id, purpose, name, content_type, size, sha256, created_at)
           SELECT id, 'evidence', 'a.jpg', 'image/jpeg', 1, 'x', :m0 FROM ticket WHERE code = 'waits')
INSERT INTO ticket_call (ticket_id, call_id, relation)
SELECT ticket.id, c.id, 'opened' FROM ticket, c WHERE code = 'waits'
"""
_HANGING = """
SELECT (SELECT count(*) FROM ticket_event e WHERE e.ticket_id = m.id),
       (SELECT count(*) FROM ticket_call c WHERE c.ticket_id = m.id),
       (SELECT count(*) FROM attachment a WHERE a.ticket_id = m.id)
FROM {of} m WHERE code = 'waits'
"""


def test_call_backs_move_into_their_table_with_all_that_hangs_on_them_and_back(empty: Engine) -> None:
    """0024 and 0025: waiting, done, ended and needless; what was turned into a draft or a report stays a ticket."""
    first = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    moments = {f"m{hours}": first + timedelta(hours=hours) for hours in range(6)}
    with empty.begin() as connection:
        command.upgrade(migrate._config(connection), ALL[ALL.index("0024") - 1])
        for statement in (_CALL_BACKS, _THEIR_EVENTS, _WHAT_HANGS):
            given = {name: at for name, at in moments.items() if f":{name}" in statement}
            connection.execute(text(statement), given)
        before = connection.execute(text("SELECT * FROM ticket ORDER BY id")).mappings().all()
        ids = {row["code"]: row["id"] for row in before}
        command.upgrade(migrate._config(connection), "0025")
        rows = connection.execute(
            text(
                "SELECT id, code, standing, due_since, ended_at, call_at, level, version, address"
                " FROM call_back ORDER BY id"
            )
        ).all()
        assert [tuple(row) for row in rows] == [
            (ids["waits"], "waits", "waiting", moments["m1"], None, moments["m5"], "urgent", 3, "12 Nguyễn Trãi"),
            (ids["done"], "done", "done", moments["m1"], moments["m3"], None, "normal", 1, ""),
            (ids["ended"], "ended", "ended", moments["m1"], moments["m4"], None, "normal", 1, ""),
            (ids["needless"], "needless", "needless", moments["m1"], moments["m2"], None, "normal", 1, ""),
        ]
        assert connection.scalars(text("SELECT code FROM ticket ORDER BY id")).all() == ["drafted", "reported"]
        assert connection.execute(text(_HANGING.format(of="call_back"))).one() == (3, 1, 1)
        command.downgrade(migrate._config(connection), ALL[ALL.index("0024") - 1])
        assert connection.execute(text("SELECT * FROM ticket ORDER BY id")).mappings().all() == before
        assert connection.execute(text(_HANGING.format(of="ticket"))).one() == (3, 1, 1)


def test_a_code_is_a_tickets_or_a_call_backs(empty: Engine) -> None:
    migrate.upgrade(empty)
    ticket = "INSERT INTO ticket (id, code, kind, source, state, level, created_at) VALUES "
    call_back = "INSERT INTO call_back (id, code, standing, source, level, created_at, due_since) VALUES "
    with empty.begin() as connection:
        connection.execute(text(ticket + "(1, 'a', 'report', 'hotline', 'draft', 'normal', now())"))
    for id_, code in ((1, "a"), (2, "a"), (1, "b")):
        with pytest.raises(IntegrityError), empty.begin() as connection:
            connection.execute(text(call_back + f"({id_}, '{code}', 'waiting', 'hotline', 'normal', now(), now())"))
