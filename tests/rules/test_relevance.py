"""An article is offered where it has something to do with the report, not for a word that all have."""

import pytest

from tickets.rules.relevance import fits, meaning

BIRTH = ("Đăng ký khai sinh ở đâu, cần gì", "Làm tại UBND xã nơi cha hoặc mẹ cư trú, trước ngày thứ 60.")
MERGED = (
    "Xã, phường đã sáp nhập: giấy tờ cũ còn dùng được",
    "Giấy tờ cấp trước ngày 01/7/2025 vẫn dùng đến khi hết hạn.",
)
CARD = ("Trợ cấp người cao tuổi chi trả khi nào", "Thường trước ngày 10; mang theo thẻ bảo hiểm y tế, căn cước.")


@pytest.mark.parametrize(
    ("said", "article", "same_field", "offered"),
    [
        ("Sạt lở bờ kênh trước nhà", MERGED, False, False),
        ("Sạt lở bờ kênh trước nhà", CARD, False, False),
        ("Bãi rác trước cổng", CARD, True, False),
        ("Hỏi khai sinh cho con", BIRTH, False, True),
        ("Giấy tờ cũ có phải đổi không", MERGED, False, True),
        ("Mất thẻ bảo hiểm", CARD, False, True),
        ("Hỏi thẻ", CARD, False, False),
        ("Hỏi thẻ", CARD, True, True),
        ("", BIRTH, True, False),
    ],
)
def test_what_is_offered(said: str, article: tuple[str, str], same_field: bool, offered: bool) -> None:
    title, body = article
    assert fits(said, title, body, same_field=same_field) is offered


def test_words_that_mean_something() -> None:
    assert meaning("Người dân hỏi: trước nhà có bãi rác") == {"bai", "rac"}
