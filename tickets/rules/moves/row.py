"""Row of a move: states from and to, right, form, effects, and texts.

Words are Vietnamese source strings, marked with `N_`; names in capitals in them are policies (`… %(MAX_WAIT)s …`).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcenter.text import trimmed
from callcenter.vocab import AssignmentRole, Clock, TicketKind
from callcenter.vocab import TicketState as S
from tickets.rights import Right

MAX_TEXT = 10_000


@dataclass(frozen=True)
class Need:
    """A field of a move's form; optional where it is not `required`."""

    name: str
    label: str = ""
    required: bool = True

    @property
    def kind(self) -> str:
        """How a page shows it: `text`, `whole`, `choice`, `files`."""
        raise NotImplementedError

    def problem(self, value: Any) -> str | None:
        """What is wrong with the value, as a key of the page's problem words."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Need):
    """At most `most` letters; `before` is the ticket's column that the box opens with.

    `instead`: another field of the form that will do without it.
    """

    most: int = MAX_TEXT
    rows: int = 2
    before: str = ""
    instead: str = ""

    @property
    def kind(self) -> str:
        return "text"

    def problem(self, value: Any) -> str | None:
        if not trimmed(str(value or "")):
            return "required" if self.required else None
        return "too_long" if len(str(value)) > self.most else None


@dataclass(frozen=True)
class Whole(Need):
    """A whole number between two limits, which may be policies."""

    least: int = 0
    most: Callable[[], int] | None = None
    opens_with: int | None = None
    wrong: str = "unknown_choice"

    @property
    def kind(self) -> str:
        return "whole"

    def problem(self, value: Any) -> str | None:
        if value is None:
            return self.wrong if self.required else None
        most = self.most() if self.most else value
        return None if self.least <= value <= most else self.wrong


@dataclass(frozen=True)
class Choice(Need):
    """One of these words."""

    words: Callable[[], Collection[str]] = tuple

    @property
    def kind(self) -> str:
        return "choice"

    def problem(self, value: Any) -> str | None:
        if not value:
            return "unknown_choice" if self.required else None
        return None if value in self.words() else "unknown_choice"


@dataclass(frozen=True)
class Files(Need):
    """Files that come with the form; whether they are owed depends on the ticket."""

    required: bool = False

    @property
    def kind(self) -> str:
        return "files"

    def problem(self, value: Any) -> str | None:  # noqa: ARG002 (each file was checked when it came)
        return None


@dataclass(frozen=True)
class MoveForm:
    """How a page offers the move: `follows` says what happens to the clock and to the citizen, `done` that it did.

    `step`: the next step of the reader, shown open and large. Forms stand in the order of `place`. `key`: the letter
    that presses the button with Alt.
    """

    title: str
    icon: str
    follows: str
    button: str
    done: str
    place: int
    step: bool = False
    key: str = ""


@dataclass(frozen=True)
class Entry:
    """A line of the history: `label` names it, `sentence` tells it after the name of the actor.

    `of_citizen`: the citizen's own word, also where the desk wrote it down. `brings`: files may come with it.
    """

    verb: str
    label: str
    sentence: str = ""
    icon: str = "history"
    of_citizen: bool = False
    brings: bool = False


@dataclass(frozen=True)
class Situation:
    """What the guards of moves look at: the ticket and the acting agency's part in it.

    `part` is what the actor's own agency has of it now, `taken` whether it was accepted. `head`: the actor heads that
    agency, `approval`: its answers are approved by its head. `own_answer`: the actor proposed the answer that waits,
    and another head could approve it. `lead_works`: the agency that answered still takes tickets. `waited` is how
    long the answer's clock stood before.
    """

    state: S
    kind: TicketKind
    now: datetime
    part: AssignmentRole | None = None
    taken: bool = False
    head: bool = False
    approval: bool = False
    own_answer: bool = False
    lead_works: bool = True
    extended: int = 0
    answer_due: datetime | None = None
    waited: timedelta = timedelta()
    resolved_at: datetime | None = None


# What the situation has against a move, by the field of its form that shows it; nothing where it can be made.
Guard = Callable[[Situation], Mapping[str, str]]
# Of a guard: another move of the same form is meant.
OTHER: Mapping[str, str] = {"": "other"}

REPORTS = frozenset({TicketKind.REPORT, TicketKind.INQUIRY})
CALL_BACKS = frozenset({TicketKind.CALLBACK})
LEAD = frozenset({AssignmentRole.LEAD})
CO = frozenset({AssignmentRole.CO})


@dataclass(frozen=True)
class Move(Entry):
    """A verb: the states it starts from, where it leads (None: the state stays), and all that hangs on it.

    Right: the actor has `right`; where that reaches only the own agency, the agency has one of these `parts` of the
    ticket; where it reaches only one's own, the ticket is theirs, unless `own` is False. `other_eyes`: not for the
    person that proposed the answer, where another could. Without a right a move is made by use cases alone. What it
    asks for: `needs`, and `guards` that look at the situation. `action` is the form and the address
    (`/tickets/CODE/ACTION`) of one or more moves, of which the guards leave one. What follows: `starts` clocks,
    `pauses` or `resumes` that of the answer (those that end, end with the state), ends the agencies' parts, `stamps`
    columns of the ticket with the moment and `clears` others.
    """

    sources: frozenset[S] = frozenset()
    to: S | None = None
    right: Right | None = None
    own: bool = True
    other_eyes: bool = False
    parts: frozenset[AssignmentRole] = LEAD
    kinds: frozenset[TicketKind] = frozenset(TicketKind)
    action: str = ""
    needs: tuple[Need, ...] = ()
    guards: tuple[Guard, ...] = ()
    form: MoveForm | None = None
    forms_in: Mapping[S, MoveForm] = field(default_factory=dict)
    starts: tuple[Clock, ...] = ()
    pauses: bool = False
    resumes: bool = False
    ends_parts: bool = False
    stamps: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()

    def form_at(self, state: S) -> MoveForm:
        """How a page offers it in this state; only for a move with an action."""
        form = self.forms_in.get(state, self.form)
        assert form is not None, f"{self.verb} has no form"
        return form

    def problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with what was filled in, by field."""
        found = {need.name: need.problem(values.get(need.name)) for need in self.needs}
        for need in self.needs:
            if isinstance(need, Text) and need.instead and values.get(need.instead) and not values.get(need.name):
                found[need.name] = None
        return {name: problem for name, problem in found.items() if problem is not None}

    def unfit(self, at: Situation) -> dict[str, str]:
        """What the situation has against the move, by field."""
        return {name: problem for guard in self.guards for name, problem in guard(at).items()}
