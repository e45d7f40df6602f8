"""Callers of the simulated PBX: their arrivals, patience and fate, settled by the seed alone."""

import random
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from scripts.demo.reports import mobile_number, person_name, written_forms

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
# Each hour's calls as a share of the busiest hour's; made up, with the two peaks that offices know.
_OF_THE_BUSIEST = (
    0.03, 0.02, 0.02, 0.02, 0.04, 0.10, 0.28, 0.65, 0.95, 1.00, 0.92, 0.58,
    0.32, 0.60, 0.90, 0.85, 0.68, 0.42, 0.32, 0.30, 0.24, 0.16, 0.09, 0.05,
)  # fmt: skip
# A demo shown at night still rings.
FLOOR = 0.3
# Few enough citizens that some of them call again.
CITIZENS = 60


class Fate(Enum):
    """What becomes of a caller."""

    SERVED = "served"
    TRANSFERRED = "transferred"
    GIVES_UP = "gives_up"
    LEAVES_IN_PROMPT = "leaves_in_prompt"
    CALLBACK = "callback"
    VOICEMAIL = "voicemail"
    WITHHELD = "withheld"
    REDIALS = "redials"


OF_A_HUNDRED = {
    Fate.SERVED: 58,
    Fate.TRANSFERRED: 6,
    Fate.GIVES_UP: 10,
    Fate.LEAVES_IN_PROMPT: 4,
    Fate.CALLBACK: 8,
    Fate.VOICEMAIL: 6,
    Fate.WITHHELD: 4,
    Fate.REDIALS: 4,
}
# Keys pressed in the menu by callers that want an operator; a wrong one and none lead to the queue as well.
_KEYS = {"0": 75, "": 15, "5": 6, "9": 4}


@dataclass(frozen=True)
class Citizen:
    """`number` is national (`0905123456`); `name` as the network shows it, empty where it shows none."""

    number: str
    name: str


@dataclass(frozen=True)
class Plan:
    """One caller, settled beforehand: the same seed gives the same callers, whatever happens around them.

    `number` is as the dialplan leaves it; `key` None means a number without a menu. `luck` decides, one value a
    phone that rings, whether it is answered: the lower, the likelier.
    """

    number: str
    name: str
    fate: Fate
    patience_s: float
    talk_s: float
    operator_ends: bool
    key: str | None = "0"
    luck: tuple[float, ...] = (0.0,)
    redials_after_s: float = 20.0

    @classmethod
    def make(cls, seed: int, serial: int, citizens: int = CITIZENS) -> "Plan":
        chance = random.Random(f"{seed}:{serial}")  # noqa: S311 (callers, not secrets)
        who = citizen(seed, chance.randrange(citizens))
        fate = chance.choices(list(OF_A_HUNDRED), list(OF_A_HUNDRED.values()))[0]
        return cls(
            number=_as_sent(who.number, chance),
            name=who.name,
            fate=fate,
            patience_s=chance.uniform(6, 25),
            talk_s=chance.uniform(4, 8) if fate is Fate.REDIALS else max(12.0, chance.gauss(45, 20)),
            operator_ends=fate is not Fate.REDIALS and chance.random() < 0.3,
            key=chance.choices(list(_KEYS), list(_KEYS.values()))[0] if chance.random() < 0.8 else None,
            luck=tuple(chance.random() for _ in range(6)),
            redials_after_s=chance.uniform(10, 40),
        )

    @property
    def dialled(self) -> str:
        """Behind the area code there is no menu."""
        return "02731022" if self.key is None else "1022"

    @property
    def redial(self) -> "Plan":
        """The same citizen once more, after the line broke."""
        return replace(self, fate=Fate.SERVED, talk_s=40.0, luck=(0.0,) * 6)


def citizen(seed: int, place: int) -> Citizen:
    """The same few people for the callers of now and those of the past."""
    chance = random.Random(f"{seed}:citizen:{place}")  # noqa: S311
    return Citizen(mobile_number(chance), person_name(chance) if chance.random() < 0.6 else "")


def _as_sent(number: str, chance: random.Random) -> str:
    """In one of the forms that networks send; the dialplan's first line drops what is no key of a phone."""
    return re.sub("[^0-9+*#]", "", chance.choice(written_forms(number)))


def busyness(moment: datetime) -> float:
    """Calls at this moment as a share of the busiest hour's, 0–1, by the local clock and without steps."""
    local = moment.astimezone(LOCAL)
    hours = local.hour + local.minute / 60 - 0.5
    hour = int(hours // 1) % 24
    part = hours % 1
    return _OF_THE_BUSIEST[hour] * (1 - part) + _OF_THE_BUSIEST[(hour + 1) % 24] * part


def gap_s(chance: random.Random, moment: datetime, pace: float) -> float:
    """Seconds to the next caller, for `pace` callers in the busiest hour."""
    return chance.expovariate(pace * max(busyness(moment), FLOOR) / 3600)
