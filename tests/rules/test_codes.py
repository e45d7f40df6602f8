"""Ticket codes can be spoken by phone, and a slip of the tongue is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from tickets.rules import codes

numbers = st.integers(min_value=1, max_value=99_999_999)


@given(numbers, st.sampled_from(["{}", "{0[0]}{0[1]}{0[2]}-{0[3]}{0[4]}{0[5]}-{0[6]}{0[7]}{0[8]}"]))
def test_a_code_is_read_back_as_it_was_said(number: int, form: str) -> None:
    code = codes.make_code(number)
    assert codes.parse(form.format(code)) == code
    assert codes.parse(f"  {codes.group(code)} ".replace("-", " ")) == code


@given(numbers, st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(number: int, place: int, by: int) -> None:
    code = codes.make_code(number)
    wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert codes.parse(wrong) is None


@given(numbers, st.integers(0, 7))
def test_two_neighbours_swapped_are_noticed(number: int, place: int) -> None:
    code = codes.make_code(number)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or codes.parse(swapped) is None


def test_no_two_tickets_share_a_code() -> None:
    assert len({codes.make_code(number) for number in range(1, 50_001)}) == 50_000


def test_what_is_no_code_is_not_taken_for_one() -> None:
    for text in ("", "abc", "12345678", "1234567890", "0905123456", "٣١٢٣٤٥٦٧٨"):
        assert codes.parse(text) is None


def test_a_code_that_was_given_out_stays_what_it_is() -> None:
    """They are on paper and in people's memory: of these numbers since the first version."""
    assert [codes.make_code(number) for number in (1, 2, 99_999_999)] == [
        "618033991", "236067983", "381966018",
    ]  # fmt: skip
