"""What is asked of a PBX and of its logs, beside the ear."""

import asyncio
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from callcenter.config import Pbx, Settings
from telephony.ami.link import Link
from telephony.checkup import check, of_witness

LAB = Pbx(name="lab", host="127.0.0.1", port=1, user="a", secret="b")


def test_a_log_on_a_disk_that_does_not_answer_leaves_the_ear_free(settings: Settings, tmp_path: Path) -> None:
    """A pipe: to open it blocks until there is a writer."""
    log = tmp_path / "queue_log"
    os.mkfifo(log)
    free = threading.Event()
    waited: list[bool] = []

    def answer() -> None:
        waited.append(free.wait(3))
        log.open("wb").close()

    async def test() -> None:
        link = Link(LAB, lambda _: None, lambda _, __: None)
        asking = asyncio.create_task(check(link, settings.model_copy(update={"queue_log": {"lab": str(log)}})))
        await asyncio.sleep(0)
        free.set()
        assert {finding.code for finding in await asking} == {"no_system"}

    disk = threading.Thread(target=answer)
    disk.start()
    asyncio.run(test())
    disk.join()
    assert waited == [True]


@pytest.mark.parametrize(
    "url", ["postgresql://u:hidden@127.0.0.1:1/x", "sqlite:////nowhere/cel.db", "mysql://u:hidden@h/x"]
)
def test_a_database_that_nobody_can_read_is_found_whatever_it_is(settings: Settings, url: str) -> None:
    (found,) = of_witness(settings.model_copy(update={"cel": {"lab": url}}), "lab")
    assert found.values["setting"] == "CALLCENTER_CEL"
    assert "hidden" not in found.text


def test_a_table_is_found_by_any_path(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "100% ours#" / "cel.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as asterisk:
        asterisk.execute("CREATE TABLE cel (eventtype, eventtime)")
    assert of_witness(settings.model_copy(update={"cel": {"lab": f"sqlite:///{path}"}}), "lab") == []
