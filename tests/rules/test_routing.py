"""Agency of a ticket by the rules, and the reason where none fits."""

import pytest

from callcenter.vocab import Level
from tickets.rules.routing import Decision, Rule, choose_agency

WATER, POWER, POLICE, DUTY, TAN_PHU, MY_THO = 1, 2, 3, 4, 11, 12
COMMUNES = {"28366": TAN_PHU, "28249": MY_THO}
RULES = [
    Rule(1, level=Level.URGENT, category="an-ninh", agency_id=POLICE),
    Rule(2, category="cap-thoat-nuoc", agency_id=WATER, co_commune=True),
    Rule(3, category="chieu-sang-dien", ward="28249", to_commune=True, co_agency_id=POWER),
    Rule(4, category="chieu-sang-dien", agency_id=POWER, co_agency_id=POWER),
    Rule(5, category="moi-truong", to_commune=True),
    Rule(6, category="an-ninh", to_commune=True, co_agency_id=POLICE),
]


@pytest.mark.parametrize(
    ("category", "ward", "level", "expected"),
    [
        ("cap-thoat-nuoc", "28366", Level.NORMAL, Decision(WATER, "rule", 2, (TAN_PHU,))),
        ("cap-thoat-nuoc", None, Level.NORMAL, Decision(WATER, "rule", 2)),
        ("chieu-sang-dien", "28249", Level.NORMAL, Decision(MY_THO, "rule", 3, (POWER,))),
        ("chieu-sang-dien", "28366", Level.NORMAL, Decision(POWER, "rule", 4)),  # lead never co-ordinates itself
        ("moi-truong", "28366", Level.NORMAL, Decision(TAN_PHU, "rule", 5)),
        ("moi-truong", None, Level.NORMAL, Decision(None, "no_ward")),
        ("moi-truong", "99999", Level.NORMAL, Decision(None, "no_commune_agency")),
        ("an-ninh", "28366", Level.URGENT, Decision(POLICE, "rule", 1)),
        ("an-ninh", "28366", Level.COMPLEX, Decision(TAN_PHU, "rule", 6, (POLICE,))),
        ("khac", "28366", Level.NORMAL, Decision(None, "no_rule")),
        (None, "28366", Level.NORMAL, Decision(None, "no_rule")),
    ],
)
def test_choice(category: str | None, ward: str | None, level: Level, expected: Decision) -> None:
    assert choose_agency(RULES, COMMUNES, category=category, ward=ward, level=level) == expected


def test_a_rule_without_conditions_catches_the_rest() -> None:
    rules = [*RULES, Rule(9, agency_id=DUTY)]
    assert choose_agency(rules, COMMUNES, category="khac", ward=None, level=Level.NORMAL).rule_id == 9


def test_who_gave_it_back_does_not_get_it_again() -> None:
    decision = choose_agency(
        RULES, COMMUNES, category="cap-thoat-nuoc", ward="28366", level=Level.NORMAL, refused=frozenset({WATER})
    )
    assert decision == Decision(None, "given_back")
