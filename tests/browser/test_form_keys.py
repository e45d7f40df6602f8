"""Every field of an operator's card × Enter, Tab, Escape, Ctrl Enter: nothing typed is lost or sent elsewhere."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from tests.browser.conftest import Site
from tests.browser.test_operator import answer, ring
from tests.factories import Province

KEYS = ("Enter", "Tab", "Shift+Tab", "Escape", "Control+Enter")
_TYPED = "abc"
# The controls of the card that a person can reach, each with a mark to find it by.
_FIELDS = """() => [...document.querySelectorAll(
    ".work input:not([type=hidden]), .work textarea, .work select, .work .draft-foot button")]
  .filter((one) => one.checkVisibility() && !one.disabled)
  .map((one, place) => {
    one.dataset.place = place;
    return { place, name: one.id || one.name || one.textContent.trim(),
             text: one.matches("textarea, input[type=tel], input:not([type]), input[type=text]") && !one.dataset.combo
               && one.getAttribute("role") !== "combobox",
             draft: Boolean(one.form.dataset.draft), own: new URL(one.form.action).pathname,
             button: one.matches("button") };
  })"""
_KEEP = """() => { window.kept = [...document.querySelectorAll("[data-place]")]
  .map((one) => [one, one.value, one.checked]); }"""
# As it was; each box that people type in closes its list when it is left.
_RESET = """(place) => {
  document.activeElement?.blur();
  for (const [one, value, checked] of window.kept) {
    if (one.value === value && one.checked === checked) continue;
    one.value = value;
    one.checked = checked;
    one.dispatchEvent(new Event("input", { bubbles: true }));
  }
  for (const part of document.querySelectorAll(".work details")) part.open = window.opened.has(part);
  document.querySelector(`[data-place="${place}"]`).focus();
}"""
# What would be sent, and by which form or button; it stays on the page, so that the next key can be tried.
_HEAR = """() => {
  window.sent = [];
  window.addEventListener("submit", (event) => {
    const path = event.submitter?.getAttribute("formaction") ?? event.target.action;
    window.sent.push(new URL(path, location.href).pathname);
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}"""
_OPENED = "() => { window.opened = new Set(document.querySelectorAll('.work details[open]')); }"
_STANDING = """(place) => ({
  sent: window.sent.splice(0),
  lost: document.activeElement === document.body,
  here: document.querySelector(`[data-place="${place}"]`)?.value,
  changed: window.kept.filter(([one, value, checked]) => one.dataset.place !== String(place)
    && (one.value !== value || one.checked !== checked)).map(([one]) => one.id || one.name),
})"""


def _empty(engine: Engine, _province: Province, page: Page) -> None:
    answer(engine, ring(engine))
    expect(page.locator(".work-talking .field-description textarea")).to_be_visible()


def _filled(engine: Engine, province: Province, page: Page) -> None:
    _empty(engine, province, page)
    page.get_by_label("Nội dung").fill("Rác chất đống trước chợ")
    page.get_by_label("Lĩnh vực").fill("rac")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".save-status")).to_contain_text("Đã lưu")


def _ends_open(engine: Engine, province: Province, page: Page) -> None:
    _filled(engine, province, page)
    page.evaluate("() => { for (const one of document.querySelectorAll('.work details')) one.open = true; }")


def _refused(engine: Engine, province: Province, page: Page) -> None:
    _empty(engine, province, page)
    page.get_by_label("Nội dung").focus()
    page.keyboard.press("Control+Enter")
    expect(page.locator(".invalid-feedback").first).to_be_visible()


def _without_call(engine: Engine, province: Province, page: Page) -> None:
    page.locator(".new-ticket summary").click()
    page.get_by_role("button", name="Mở phiếu").click()
    expect(page.locator(".draft-form")).to_be_visible()


STATES = {"empty": _empty, "filled": _filled, "ends open": _ends_open, "refused": _refused, "no call": _without_call}


@pytest.mark.parametrize("state", STATES)
def test_no_key_of_a_field_sends_or_loses_anything_else(
    engine: Engine, province: Province, console: Site, open_page: Callable[..., Page], state: str
) -> None:
    page = open_page(console, "lan")
    STATES[state](engine, province, page)
    fields: list[dict[str, Any]] = page.evaluate(_FIELDS)
    assert len(fields) > 8, fields
    for script in (_KEEP, _OPENED, _HEAR):
        page.evaluate(script)
    wrong = [
        f"{field['name']}, {key}: {one}"
        for field in fields
        for key in KEYS
        if not (field["button"] and key == "Enter")
        for one in _pressed(page, field, key)
    ]
    assert not wrong, "\n".join(wrong)


def _pressed(page: Page, field: dict[str, Any], key: str) -> list[str]:
    """What is wrong after this key."""
    page.evaluate(_RESET, field["place"])
    if field["text"]:
        page.keyboard.press("End")
        page.keyboard.type(_TYPED)
    page.keyboard.press(key)
    now = page.evaluate(_STANDING, field["place"])
    wrong = [f"sent {path}" for path in now["sent"] if path not in _own(field, key)]
    if field["draft"] and key == "Control+Enter" and not now["sent"]:
        wrong.append("the report was not sent")
    if field["text"] and _TYPED not in str(now["here"]):
        wrong.append(f"what was typed is {now['here']!r}")
    if now["lost"] and key != "Control+Enter":
        wrong.append("nothing has the focus")
    return wrong + [f"changed {name}" for name in now["changed"]]


def _own(field: dict[str, Any], key: str) -> list[str]:
    """A report is sent by Ctrl Enter from each of its fields; another end of it by Enter in a field of that end."""
    return [field["own"]] if key == ("Control+Enter" if field["draft"] else "Enter") else []
