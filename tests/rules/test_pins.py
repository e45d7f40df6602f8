"""A place on the map as people type and copy it."""

import pytest

from callcenter.errors import Invalid
from tickets.rules.fields import TicketFields, clean, pin_of, point_of


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("10.356940,106.362500", (10.35694, 106.3625)),
        (" 10.35694, 106.36250 ", (10.35694, 106.3625)),
        ("10.3569400000001;106.3625", (10.35694, 106.3625)),
        ("-10,-106", (-10.0, -106.0)),
        ("90,180", (90.0, 180.0)),
        ("90.1,0", None),
        ("0,180.5", None),
        ("10.35694", None),
        ("10.35694,106.36250,5", None),
        ("1e1,2", None),
        ("nan,nan", None),
        ("chợ Mỹ Tho", None),
        ("", None),
    ],
)
def test_two_numbers_that_are_a_place_on_earth(text: str, point: tuple[float, float] | None) -> None:
    assert point_of(text) == point


def test_what_a_form_holds_is_read_back_as_it_was() -> None:
    assert point_of(pin_of(10.35694, 106.3625)) == (10.35694, 106.3625)
    assert pin_of(None, 106.3625) == ""


def test_a_pin_is_given_cleared_or_left() -> None:
    assert clean(TicketFields(pin="10.3, 106.3")) == {"latitude": 10.3, "longitude": 106.3}
    assert clean(TicketFields(pin="")) == {"latitude": None, "longitude": None}
    assert clean(TicketFields()) == {}
    with pytest.raises(Invalid) as refused:
        clean(TicketFields(pin="gần chợ"))
    assert refused.value.problems == {"pin": "point_unreadable"}
