"""The supervisor's first hour: the day, what a figure means, its calls, a call's ticket, and what is stuck."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.first_hour.story import Demo, Story


def test_a_supervisor_s_first_hour(demo: Demo, tell: Callable[..., Story]) -> None:
    story = tell("supervisor")
    page = story.page
    story.sign_in("khanh")
    story.leave_tour()
    expect(page.locator("#figure-all b")).not_to_have_text("0")
    story.look_all("day")
    page.locator("#figure-sl4 .why-mark").click()
    expect(page.locator("#why-sl4")).to_contain_text("A_T / (A + Ab − Ab_s)")
    story.look("formula")
    page.keyboard.press("Escape")
    expect(page.locator("#why-sl4")).to_be_hidden()
    page.locator("#figure-answered .figure-open").click()
    expect(page.get_by_role("heading", name="Cuộc gọi")).to_be_visible()
    story.look_all("calls")
    page.locator("tbody tr td:last-child a").first.click()
    expect(page.locator(".glance")).to_be_visible()
    story.look("ticket")
    page.get_by_role("link", name="Tồn đọng").first.click()
    expect(page.locator("#overdue")).to_be_visible()
    story.look_all("stuck")
