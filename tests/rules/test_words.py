"""Phone numbers, Vietnamese text and form fields, as people write them."""

import pytest

from callcenter import phones
from callcenter.errors import Invalid
from callcenter.text import fold, sort_key
from callcenter.vocab import Level
from tickets.rules.fields import TicketFields, clean, missing_to_file


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("0905123456", "+84905123456"),
        ("0905 123 456", "+84905123456"),
        ("0905.123.456", "+84905123456"),
        ("+84905123456", "+84905123456"),
        ("+84 0905 123 456", "+84905123456"),
        ("0084905123456", "+84905123456"),
        ("84905123456", "+84905123456"),
        ("01683456789", "+84383456789"),  # eleven digits until 2018
        ("01231234567", "+84831234567"),
        ("0273 3872 123", "+842733872123"),  # a fixed line in Tiền Giang
        ("02773851234", "+842773851234"),
        ("0844666531", "+84844666531"),  # 084 is a mobile range, not the country
        ("+14155552671", "+14155552671"),
        ("+8801712345678", "+8801712345678"),
        ("1022", None),
        ("anonymous", None),
        ("<unknown>", None),
        ("", None),
        (None, None),
        ("0912", None),
        ("không có", None),
        ("+", None),
    ],
)
def test_numbers(written: str | None, e164: str | None) -> None:
    assert phones.normalise(written) == e164


def test_a_number_is_shown_as_people_write_it() -> None:
    assert phones.display("+84905123456") == "0905 123 456"
    assert phones.display("+14155552671") == "+1 415-555-2671"
    assert phones.display(None) == ""


def test_a_masked_number_keeps_three_digits() -> None:
    assert phones.mask("+84905123456") == "+••••••••456"
    assert phones.mask(None) == "-"


def test_fold_knows_the_letter_that_unicode_does_not_take_apart() -> None:
    assert fold("Đường Hùng  Vương, P.3 – Mỹ Tho") == "duong hung vuong p 3 my tho"
    assert fold("Đường") == fold("Đường")  # composed and decomposed


def test_sorted_as_in_a_vietnamese_dictionary() -> None:
    names = ["Ấp Bắc", "Đồng", "Cai Lậy", "Dừa", "Ăn", "Cái Bè", "An"]
    assert sorted(names, key=sort_key) == ["An", "Ăn", "Ấp Bắc", "Cái Bè", "Cai Lậy", "Dừa", "Đồng"]


def test_fields_given_and_not_given() -> None:
    assert clean(TicketFields(description="  ngập  ", reporter_phone="0905 123 456", ward_code="")) == {
        "description": "ngập",
        "reporter_phone": "+84905123456",
        "ward_code": None,
    }


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        (TicketFields(reporter_phone="12"), {"reporter_phone": "phone_unreadable"}),
        (TicketFields(level="asap"), {"level": "unknown_choice"}),
        (TicketFields(kind="callback"), {"kind": "unknown_choice"}),
        (TicketFields(description="x" * 10_001, address="y" * 501), {"description": "too_long", "address": "too_long"}),
    ],
)
def test_what_cannot_be_kept_is_named(fields: TicketFields, problems: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        clean(fields)
    assert refused.value.problems == problems


def test_a_level_left_empty_keeps_the_one_it_had() -> None:
    assert "level" not in clean(TicketFields(level=""))
    assert clean(TicketFields(level="urgent"))["level"] == Level.URGENT


def test_a_phone_number_alone_is_enough_to_know_whom_to_answer() -> None:
    given = {"category_code": "khac", "description": "Ngập nước", "reporter_phone": None}
    assert missing_to_file(**given, caller="+84905123456") == {}
    assert missing_to_file(category_code=None, description=" ", reporter_phone=None, caller=None) == {
        "category_code": "required",
        "description": "required",
        "reporter_phone": "required",
    }
