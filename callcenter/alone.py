"""A long transaction that works alone on its rows: it need not ask twice, and it tells nobody.

Made for writing a past: thousands of moves in one transaction, by the verbs that people use. Any other session asks
each time, because somebody else may have changed the answer in between.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Answer = TypeVar("Answer")
_KEY = "alone"


def work(session: Session) -> None:
    """From now on this session keeps what it was told by `once`, until it ends; nobody else may write those rows."""
    session.info[_KEY] = {}


def is_so(session: Session) -> bool:
    return _KEY in session.info


def once(session: Session, key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer, kept where the session works alone; that there is none (None) is never kept."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEY)
    if kept is None:
        return ask()
    answer: Answer | None = kept.get(key)
    if answer is None:
        answer = kept[key] = ask()
    return answer
