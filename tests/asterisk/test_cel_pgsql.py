"""CEL in a real PostgreSQL by cel_pgsql of Asterisk: read as the file of cel_sqlite3_custom is, call by call."""

import asyncio
import contextlib
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.db import make_engine, transaction
from callcenter.models import PbxStatus
from scripts.lab.asterisk_env import Asterisk
from telephony.witness import cel
from telephony.witness.readers import CelDatabase
from telephony.witness.reconcile import reconcile
from telephony.witness.testimony import of_cel
from tests.asterisk.compare import differences, pair
from tests.asterisk.scenarios import SCENARIOS
from tests.asterisk.stage import Theatre, Truth, run_all, site_for
from tickets.figures.exports import export_calls

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180), pytest.mark.xdist_group("asterisk-cel")]
NAMES = ("operator_hangs_up", "ring_no_answer", "hold", "blind", "attended", "abandoned_late", "local_member", "closed")
PORT = 5432
# As Asterisk's own contrib/realtime/postgresql has it.
TABLE = """
CREATE TABLE cel (
  id serial PRIMARY KEY, eventtype varchar(30) NOT NULL, eventtime timestamp NOT NULL, userdeftype varchar(255),
  cid_name varchar(80), cid_num varchar(80), cid_ani varchar(80), cid_rdnis varchar(80), cid_dnid varchar(80),
  exten varchar(80), context varchar(80), channame varchar(80), appname varchar(80), appdata varchar(80),
  amaflags integer, accountcode varchar(20), peeraccount varchar(20), uniqueid varchar(150), linkedid varchar(150),
  userfield varchar(255), peer varchar(80), extra varchar(512)
)
"""
# What CEL alone claims of a call: it has no words of the dialplan.
CLAIMED = ("number_dialled", "operators", "talk_s", "wait_s", "queue", "transfers")


class Door:
    """Carries TCP to the Unix socket of the built-in PostgreSQL, which Asterisk cannot see from its own tree."""

    def __init__(self, host: str, path: str) -> None:
        self._server = socket.create_server((host, PORT))
        self._path = path
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._path)
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_pump, args=(source, sink), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with source, contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@dataclass
class Evening:
    pbx: Asterisk
    truths: list[Truth]
    cel_url: str


@pytest.fixture
def evening(asterisk_tree: None, engine: Engine, settings: Settings) -> Iterator[Evening]:
    url = make_engine(str(settings.database_url)).url
    with engine.begin() as connection:
        connection.execute(text(TABLE))
    pbx = Asterisk(site_for(SCENARIOS[name] for name in NAMES))
    host = f"{pbx.net}.6"
    door = Door(host, str(Path(str(url.query["host"])) / f".s.PGSQL.{PORT}"))
    (pbx.home / "etc" / "cel_pgsql.conf").write_text(
        f"[global]\nhostname={host}\nport={PORT}\ndbname={url.database}\nuser={url.username}\npassword=x\ntable=cel\n"
    )
    with (pbx.home / "etc" / "modules.conf").open("a") as modules:
        modules.write("\nload = cel_pgsql.so\n")
    try:
        with pbx:
            yield Evening(pbx, asyncio.run(_play(pbx)), url.render_as_string(hide_password=False))
    finally:
        door.close()
        with engine.begin() as connection:
            connection.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ILIKE '%asterisk%'")
            )
            connection.execute(text("DROP TABLE cel"))


async def _play(pbx: Asterisk) -> list[Truth]:
    theatre = await Theatre(pbx).open()
    try:
        results = await run_all((SCENARIOS[name] for name in NAMES), theatre)
    finally:
        theatre.close()
    truths: list[Truth] = []
    for name, found in results.items():
        if isinstance(found, BaseException):
            raise AssertionError(f"{name} failed itself") from found
        truths += found
    # The last row of a call is written a moment after its end.
    await asyncio.sleep(1)
    return truths


def _rows(url: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with CelDatabase(url) as database:
        for piece in database.read({}):
            for row in piece.rows:
                found[cel.linkedid(row)].append(row)
    return found


def test_postgresql_is_as_good_a_witness_as_the_file(evening: Evening, engine: Engine, settings: Settings) -> None:
    in_file, in_postgresql = _rows(f"sqlite:///{evening.pbx.cel}"), _rows(evening.cel_url)
    assert in_file.keys() == in_postgresql.keys()
    for linkedid, rows in in_file.items():
        assert len(rows) == len(in_postgresql[linkedid])
        one, other = of_cel(linkedid, rows), of_cel(linkedid, in_postgresql[linkedid])
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert _to_the_millisecond(one.values) == _to_the_millisecond(other.values), linkedid

    now = datetime.now(UTC)
    with transaction(engine) as session:
        session.add(PbxStatus(pbx="lab", connected=True, since=now, seen_at=now))
    given = settings.model_copy(update={"cel": {"lab": evening.cel_url}})
    reconcile(engine, given, "lab", now + timedelta(minutes=10), since=now - timedelta(hours=1))
    with Session(engine) as session:
        calls = list(export_calls(session, None, None))
    assert len(calls) == len(evening.truths)
    assert all(call["repaired"] for call in calls)
    for truth, call in pair(evening.truths, calls):
        assert call is not None
        if truth.fields["operators"]:
            claimed = {name: truth.fields[name] for name in CLAIMED if name in truth.fields}
            assert differences(claimed, call) == []


def _to_the_millisecond(values: Any) -> dict[str, Any]:
    return {
        name: round(value.timestamp(), 3) if isinstance(value, datetime) else value for name, value in values.items()
    }
