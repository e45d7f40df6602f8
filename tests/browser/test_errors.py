"""When things fail, in a real browser: every error page on both sites, and a database that really goes and comes."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from callcenter import embedded, migrate
from callcenter.config import Settings
from callcenter.db import make_engine, transaction
from callcenter.models import PbxStatus
from tests import factories
from tests.browser.conftest import HASH, PASSWORD, PHONE, WIDE, Site, served
from tests.browser.test_accessibility import Checker, check  # noqa: F401 - the fixture
from tests.browser.test_others import no_sideways_scroll
from tickets.desk import filing
from tickets.life import history

Shot = Callable[[Page, str], None]
CODE = "957427589"
TYPED = "Cống nghẹt trước chợ từ hôm qua, nước tràn vào nhà dân."


class Database:
    """A PostgreSQL of this test alone, to stop and to start again."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hl-", dir="/tmp"))
        self.folder.chmod(0o711)
        self.settings = Settings(data_dir=self.folder / "var")
        self.lease = embedded.hold(self.settings)
        self.url = self.lease.database_url

    def stop(self) -> None:
        self.lease.release()
        socket = Path(self.url.rpartition("host=")[2].partition("&")[0])
        for _attempt in range(300):
            if not list(socket.glob(".s.PGSQL.*")):
                return
            time.sleep(0.05)
        raise AssertionError("PostgreSQL did not stop")

    def start(self) -> None:
        self.lease = embedded.hold(self.settings)

    def close(self) -> None:
        self.lease.release()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def database() -> Iterator[Database]:
    own = Database()
    engine = make_engine(own.url)
    migrate.upgrade(engine)
    with transaction(engine) as session:
        _fill(session)
    engine.dispose()
    yield own
    own.close()


def _fill(session: Session) -> None:
    factories.province(session, password_hash=HASH)


@pytest.fixture
def sites(database: Database, settings: Settings) -> Iterator[tuple[Site, Site]]:
    own = settings.model_copy(update={"database_url": database.url})
    with ExitStack() as stack:
        yield stack.enter_context(served("console", own)), stack.enter_context(served("public", own))


def both_sizes(page: Page, shot: Shot, name: str) -> None:
    for size in (PHONE, WIDE):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        assert no_sideways_scroll(page)
        shot(page, f"error-{name}-{size[0]}")


def dark(page: Page, shot: Shot, name: str) -> None:
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    shot(page, f"error-{name}-dark")


def without_token(page: Page, form: str) -> None:
    page.evaluate("form => document.querySelector(form).querySelector('[name=csrf_token]').remove()", form)


def test_pages_of_the_console(
    console: Site, open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    page = open_page(console, "lan")
    page.goto(f"{console.url}/nowhere")
    expect(page.get_by_role("heading", name="Không tìm thấy")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link", name="Tìm phiếu")).to_be_visible()
    both_sizes(page, shot, "404")
    check(page, "404")
    dark(page, shot, "404")
    check(page, "404 dark")
    page.goto(f"{console.url}/supervisor")
    expect(page.get_by_role("heading", name="Không có quyền")).to_be_visible()
    both_sizes(page, shot, "403")
    check(page, "403")
    page.goto(f"{console.url}/sign-out")
    expect(page.get_by_role("heading", name="Cách gửi không đúng")).to_be_visible()
    both_sizes(page, shot, "405")
    nobody = open_page(console)
    nobody.goto(f"{console.url}/sign-in")
    without_token(nobody, ".door-form form")
    nobody.get_by_label("Tên đăng nhập").fill("lan")
    nobody.get_by_label("Mật khẩu").fill("sai")
    nobody.get_by_role("button", name="Đăng nhập").click()
    expect(nobody.get_by_role("heading", name="Trang đã mở quá lâu")).to_be_visible()
    both_sizes(nobody, shot, "400")
    for _attempt in range(11):
        nobody.goto(f"{console.url}/sign-in")
        nobody.get_by_label("Tên đăng nhập").fill("nguoi-la")
        nobody.get_by_label("Mật khẩu").fill("sai")
        nobody.get_by_role("button", name="Đăng nhập").click()
        nobody.wait_for_load_state()
    expect(nobody.get_by_role("heading", name="Thử quá nhiều lần")).to_be_visible()
    expect(nobody.get_by_text("Xin thử lại sau")).to_contain_text("giây")
    both_sizes(nobody, shot, "429")
    check(nobody, "429")


def test_a_signed_out_person_loses_no_word(
    console: Site, open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    page = open_page(console, "hoa")
    page.goto(f"{console.url}/design")
    # A form of its own, so that this test depends on no page's layout: a note to a ticket that is to be called back.
    page.evaluate("""() => {
      const form = document.createElement("form");
      form.method = "post";
      form.action = "/tickets/618033990/ask";
      form.innerHTML = '<textarea name="note" id="note"></textarea><button id="go">x</button>';
      document.getElementById("main").append(form);
    }""")
    page.locator("#note").fill(TYPED)
    page.context.clear_cookies()
    page.locator("#go").click()
    expect(page.locator("body[data-failed]")).to_be_visible()
    kept = page.evaluate("sessionStorage.getItem('hotline-kept')")
    assert TYPED in kept
    assert PASSWORD not in kept
    both_sizes(page, shot, "401")
    check(page, "401")
    page.get_by_role("link", name="Đăng nhập").click()
    page.get_by_label("Tên đăng nhập").fill("hoa")
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    # The page has no such form now: what was typed is there to be copied.
    expect(page.get_by_label("Chữ ông/bà vừa gõ")).to_have_value(TYPED)
    both_sizes(page, shot, "401-words")
    check(page, "words to copy")


def test_a_citizen_s_words_come_back_after_a_failure(
    public_site: Site, open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    page = open_page(public_site)
    page.goto(f"{public_site.url}/nowhere")
    expect(page.get_by_role("heading", name="Không tìm thấy")).to_be_visible()
    both_sizes(page, shot, "public-404")
    check(page, "public 404")
    dark(page, shot, "public-404")
    page.goto(f"{public_site.url}/track")
    field = page.get_by_label("Mã phiếu").first
    field.fill("618033990")
    form = "main form[method=post]"
    without_token(page, form)
    page.locator(form).first.evaluate("form => form.requestSubmit ? (form.noValidate = true, form.requestSubmit()) : 0")
    expect(page.get_by_role("heading", name="Trang đã mở quá lâu")).to_be_visible()
    both_sizes(page, shot, "public-400")
    page.get_by_role("link", name="Quay lại trang trước").click()
    expect(page.get_by_label("Mã phiếu").first).to_have_value("618033990")
    expect(page.get_by_text("nay đã điền lại")).to_be_visible()


def test_the_database_goes_and_comes_back(
    database: Database, sites: tuple[Site, Site], open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    console, public = sites
    page = open_page(console, "lan")
    citizen = open_page(public)
    citizen.goto(f"{public.url}/track")
    citizen.get_by_label("Mã phiếu").first.fill(CODE)
    citizen.get_by_label("Bốn số cuối").first.fill("3456")
    database.stop()
    page.goto(f"{console.url}/tickets")
    expect(page.get_by_role("heading", name="Hệ thống tạm ngừng")).to_be_visible()
    both_sizes(page, shot, "503")
    check(page, "503")
    dark(page, shot, "503")
    citizen.locator("main form[method=post]").first.evaluate("form => form.requestSubmit()")
    expect(citizen.get_by_role("heading", name="Trang đang tạm nghỉ")).to_be_visible()
    expect(citizen.locator("main")).not_to_contain_text("cơ sở dữ liệu")
    both_sizes(citizen, shot, "public-503")
    answer = page.request.get(f"{console.url}/tickets", headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["retry-after"], answer.headers["refresh"]) == (503, "5", "5")
    database.start()
    # Without a click: each page comes back by itself, the citizen's with the words.
    expect(page.get_by_role("heading", name="Tìm phiếu")).to_be_visible()
    expect(citizen.get_by_label("Mã phiếu").first).to_have_value(CODE)
    engine = make_engine(database.url)
    with transaction(engine) as session:
        session.execute(text("ALTER TABLE ticket RENAME TO ticket_away"))
    engine.dispose()
    page.goto(f"{console.url}/tickets/618033990")
    expect(page.get_by_role("heading", name="Có lỗi trong hệ thống")).to_be_visible()
    expect(page.get_by_text("mã lỗi để báo")).to_be_visible()
    both_sizes(page, shot, "500")
    check(page, "500")


def test_a_pbx_away_is_told_with_what_to_do(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    since = datetime.now(UTC) - timedelta(minutes=7)
    with transaction(engine) as session:
        session.add(PbxStatus(pbx="tong-dai-1", connected=False, since=since, seen_at=since, detail="refused"))
    page = open_page(console, "lan")
    expect(page.locator("#pbx .away")).to_contain_text("mất kết nối từ")
    both_sizes(page, shot, "pbx-away")
    check(page, "pbx away")
    dark(page, shot, "pbx-away")
    check(page, "pbx away dark")


def test_two_people_at_one_draft_read_both_texts(
    engine: Engine, console: Site, open_page: Callable[..., Page], shot: Shot, check: Checker  # noqa: F811
) -> None:  # fmt: skip
    """Without scripts the form comes back with both texts beside each other; nothing typed is lost."""
    with transaction(engine) as session:
        code = filing.open_draft(session, factories.answered(session), now=factories.MONDAY).code
    page = open_page(console, "hoa")
    page.route("**/*.js*", lambda route: route.abort())
    page.goto(f"{console.url}/drafts/{code}")
    page.get_by_label("Nội dung").fill(TYPED)
    page.get_by_label("Lĩnh vực").select_option("moi-truong")
    page.locator("label", has_text="Khẩn").first.click()
    with transaction(engine) as session:
        row = history.locked(session, code)
        row.description, row.category_code = "Người kia ghi: cống ngập " * 6, "khac"
        row.version += 1
    page.get_by_role("button", name="Chuyển xử lý").click()
    expect(page.locator(".both-mine").filter(has_text=TYPED)).to_be_visible()
    expect(page.locator(".both-theirs").filter(has_text="Người kia ghi")).to_be_visible()
    expect(page.get_by_label("Nội dung")).to_have_value(TYPED)
    both_sizes(page, shot, "409")
    check(page, "409")
