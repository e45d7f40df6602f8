"""What a push of the telephone costs an open desk: one request, and nothing of what is being typed."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from callcenter.db import transaction
from callcenter.models import Call
from callcenter.push import announce
from tests.browser.conftest import Site
from tests.browser.test_operator import answer, ring

PARTS = ("/desk", "/phone", "/emergencies")
# What the page asks for when it opens is answered, and no later word of the stream is held back (200 ms in live.js).
CALM = """() => {
  const parts = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/desk/parts"));
  return parts.length && !document.querySelector("#follow.htmx-request")
    && performance.now() - Math.max(...parts.map(({ responseEnd }) => responseEnd)) > 500;
}"""


def test_a_push_is_one_request_and_typed_text_and_cursor_stay(
    engine: Engine, console: Site, open_page: Callable[..., Page]
) -> None:
    call = ring(engine)
    answer(engine, call)
    page = open_page(console, "lan")
    # Not saved while the push is followed: a save is a push of its own, and what is typed is nowhere but in the field.
    page.route("**/drafts/*/save", lambda route: None)
    field = page.get_by_label("Nội dung")
    field.click()
    page.keyboard.type("Nước ngập trước chợ")
    page.wait_for_function(CALM)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    with transaction(engine) as session:
        session.get_one(Call, call.id).caller_name = "Trần Thị B"
        announce(session, "extension:101", call=call.id)
    expect(page.locator(".work-talking")).to_contain_text("Trần Thị B")
    assert [path for path in asked if path.startswith(PARTS)] == ["/desk/parts"]
    expect(field).to_have_value("Nước ngập trước chợ")
    expect(field).to_be_focused()
    page.keyboard.type(", sâu")
    expect(field).to_have_value("Nước ngập trước chợ, sâu")
    # Lets go of those that wait, too.
    page.unroute("**/drafts/*/save")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")
