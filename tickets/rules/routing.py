"""Routing rules: the agency of a ticket, and the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from callcenter.vocab import Level


@dataclass(frozen=True)
class Rule:
    """One row of the rule table. An empty condition fits all; the target is an agency or the ward's committee."""

    id: int
    category: str | None = None
    ward: str | None = None
    level: Level | None = None
    agency_id: int | None = None
    to_commune: bool = False
    co_agency_id: int | None = None
    co_commune: bool = False

    def fits(self, category: str | None, ward: str | None, level: Level) -> bool:
        return self.category in (None, category) and self.ward in (None, ward) and self.level in (None, level)


@dataclass(frozen=True)
class Decision:
    """The lead agency and the co-ordinating ones. `lead` is None for triage; `why` is then what was missing.

    `why`: `rule` (rule_id says which), `no_rule`, `no_ward` (a rule wants the commune, the ticket has none) or
    `no_commune_agency` (that commune has no active agency), or `given_back` (the agency that fits has refused it).
    """

    lead: int | None
    why: str
    rule_id: int | None = None
    co: tuple[int, ...] = ()


def choose_agency(
    rules: Iterable[Rule],
    communes: Mapping[str, int],
    *,
    category: str | None,
    ward: str | None,
    level: Level,
    refused: frozenset[int] = frozenset(),
) -> Decision:
    """The first rule, in the order given, that fits and has an agency to give.

    `communes` maps a ward code to its committee's agency. `refused` are agencies that gave this ticket back: a
    rule that would send it there again is passed over, so that two agencies cannot play it to and fro.
    """
    missing = "no_rule"
    for rule in rules:
        if not rule.fits(category, ward, level):
            continue
        commune = communes.get(ward) if ward else None
        lead = commune if rule.to_commune else rule.agency_id
        if lead is None:
            missing = "no_commune_agency" if ward else "no_ward"
            continue
        if lead in refused:
            missing = "given_back"
            continue
        others = (rule.co_agency_id, commune if rule.co_commune else None)
        co = tuple(dict.fromkeys(agency for agency in others if agency is not None and agency != lead))
        return Decision(lead=lead, why="rule", rule_id=rule.id, co=co)
    return Decision(lead=None, why=missing)
