"""A long transaction that works alone on its rows: it need not ask twice, and it tells nobody.

Made for writing a past: thousands of moves in one transaction, by the verbs that people use. Any other session asks
each time, because somebody else may have changed the answer in between.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Answer = TypeVar("Answer")
Key = TypeVar("Key", bound=Hashable)
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


def each(
    session: Session, kind: str, keys: Collection[Key], ask: Callable[[Collection[Key]], Mapping[Key, Answer]]
) -> dict[Key, Answer]:
    """`once` for many keys of one kind: asks together for those that are not kept; who has no answer is left out."""
    kept: dict[Hashable, Any] = session.info.get(_KEY, {})
    known: dict[Key, Answer] = {key: kept[kind, key] for key in keys if (kind, key) in kept}
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        known |= ask(missing)
        kept |= {(kind, key): answer for key, answer in known.items()}
    return known
