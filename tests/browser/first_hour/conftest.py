"""One demo for all stories of the first hour: `scripts/run` itself, in a folder of its own, on free ports."""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from callcenter import embedded, push
from callcenter.config import Settings
from callcenter.db import make_engine
from tests.browser.conftest import WIDE, Site
from tests.browser.first_hour.story import Demo, Story
from tests.browser.test_accessibility import Checker
from tests.scripts.processes import environment, free_port, running, wait_for_line

_HERE = str(Path(__file__).parent)
_RUN = (sys.executable, "-P", "-m", "scripts.processes.run_all", "--history", "2", "--pace", "1200")
# The newcomer's phone rings again 45 s after a talk: the other roles' stories run meanwhile.
_FIRST, _LAST = "test_an_operator_s_first_hour[vi]", "test_an_operator_s_first_hour[en]"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if str(item.path).startswith(_HERE)]
    for item in mine:
        item.add_marker(pytest.mark.xdist_group("first_hour"))
        item.add_marker(pytest.mark.timeout(240))
    mine.sort(key=lambda item: (item.name != _FIRST) + (item.name == _LAST))
    turns = iter(mine)
    items[:] = [next(turns) if item in mine else item for item in items]


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="hotline first hour ", ignore_cleanup_errors=True) as folder:
        # The built-in servers may run as another user than root.
        os.chmod(folder, 0o711)
        data_dir = Path(folder) / "var"
        given = environment(
            CALLCENTER_DATA_DIR=str(data_dir),
            CALLCENTER_CONSOLE_BIND=f"127.0.0.1:{free_port()}",
            CALLCENTER_PUBLIC_BIND=f"127.0.0.1:{free_port()}",
        )
        began = time.monotonic()
        with running(given, *_RUN) as process:
            wait_for_line(process, "Ctrl-C ends everything")
            ready_s = time.monotonic() - began
            assert process.stdout
            # What the terminal goes on to tell is for people; a full pipe would hold the teller up.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            told = json.loads((data_dir / "demo.json").read_text(encoding="utf-8"))
            with embedded.hold(Settings(data_dir=data_dir)) as lease:
                engine = make_engine(lease.database_url, application="stories")
                push.connect(lease.redis_url)
                people = {user["username"]: user for user in told["users"]}
                sites = [Site(told[name], process) for name in ("console", "public")]
                yield Demo(sites[0], sites[1], people, engine, ready_s, data_dir / "log")
                push._publisher = None
                engine.dispose()
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The end of what the demo's processes logged: its folder goes with the run."""
    report = yield
    demo = getattr(item, "funcargs", {}).get("demo")
    if demo is not None and report.failed:
        for log in sorted(demo.logs.glob("*.log")):
            report.sections.append((log.name, "\n".join(log.read_text(encoding="utf-8").splitlines()[-20:])))
    return report


@pytest.fixture
def check() -> Iterator[Checker]:
    checker = Checker()
    yield checker
    assert not checker.found, "\n".join(checker.found)


@pytest.fixture
def tell(
    demo: Demo, open_page: Callable[..., Page], check: Checker, shot: Callable[[Page, str], None]
) -> Callable[..., Story]:
    """`tell("officer", size=PHONE)` is that person before a blank page."""

    def begin(role: str, *, language: str = "vi", size: tuple[int, int] = WIDE, page: Page | None = None) -> Story:
        page = page or open_page(demo.console, size=size)
        return Story(role, page, demo, check, shot, language, size)

    return begin
