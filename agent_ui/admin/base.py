"""Shared parts of the administration pages: the blueprint, and forms with their errors and edit conflicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from agent_ui.admin import words
from agent_ui.web import site
from callcenter.errors import Busy, Invalid
from callcenter.models import ChangeRecord
from tickets.life import records

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

Result = TypeVar("Result")
_LATEST = 8


@dataclass(frozen=True)
class EditForm:
    """A form on a page: `typed` fills it, `problems` and `current` (values that another person just set) mark it."""

    typed: Mapping[str, Any]
    seen: str | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    current: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "EditForm":
        """A form opened on what is stored."""
        return cls(facts, records.digest(facts))


# Given no form, a page makes the one that it opens with.
Page = Callable[[Session, EditForm | None], str]


def edit(
    page: Page, write: Callable[[Session], Result], done: Callable[[Result], ResponseReturnValue]
) -> ResponseReturnValue:
    """The whole life of a page with a form: opened, tried, and shown again as typed until it can be written."""
    if request.method == "GET":
        return again(page)
    return attempt(write, page, done)


def attempt(
    write: Callable[[Session], Result], page: Page, done: Callable[[Result], ResponseReturnValue]
) -> ResponseReturnValue:
    """Write in one transaction; what is refused comes back as the same page with everything typed still there."""
    try:
        with site.transaction() as session:
            result = write(session)
    except Invalid as error:
        return again(page, EditForm(request.form, seen(), words.problem_words(error.problems))), 422
    except Busy as busy:
        form = EditForm(request.form, seen(), words.problem_words({"password": "password_waits"}))
        return again(page, form), 503, {"Retry-After": str(busy.retry_s)}
    except records.Changed as error:
        # The new digest goes into the form: saving once more means that the other values were seen.
        return again(page, EditForm(request.form, records.digest(error.current), current=error.current)), 409
    return done(result)


def again(page: Page, form: EditForm | None = None) -> str:
    with site.reading() as session:
        return page(session, form)


def seen() -> str | None:
    """The digest of the values that the form was opened with."""
    return request.form.get("seen") or None


def ticked(name: str) -> bool:
    return name in request.form


def back(address: str, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(address, 303)


def latest(session: Session, subject: str, key: str | None = None) -> Sequence[ChangeRecord]:
    """The last changes of one thing, or of its whole kind, for its own page."""
    return records.changes(session, records.Wanted(subject=subject, key=key), limit=_LATEST)
