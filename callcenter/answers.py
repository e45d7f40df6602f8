"""What a session was told once and relies on until it ends, where nobody can change the answer in between.

Two sessions may: one that reads (all of it is one view of the data), and one that works alone on its rows. Any other
asks each time.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Answer = TypeVar("Answer")
Key = TypeVar("Key", bound=Hashable)
_KEY = "answers"
_WRITES = "answers-writes"


def keep(session: Session, *, writes: bool = False) -> None:
    """From now on this session keeps what it was told."""
    session.info[_KEY] = {}
    session.info[_WRITES] = writes


def once(session: Session, key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer, kept where it may be; that there is none (None) is never kept."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEY)
    if kept is None:
        return ask()
    answer: Answer | None = kept.get(key)
    if answer is None:
        answer = kept[key] = ask()
    return answer


def once_read(session: Session, key: Hashable, ask: Callable[[], Answer]) -> Answer:
    """`once` of what a session that works changes itself: kept only by one that reads."""
    return ask() if session.info.get(_WRITES) else once(session, key, ask)


def tell(session: Session, kind: Hashable, known: Mapping[Key, Answer]) -> None:
    """What `each` need not ask any more: it was told, or this session has just made it so."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEY)
    if kept is not None:
        kept |= {(kind, key): answer for key, answer in known.items()}


def each(
    session: Session, kind: Hashable, keys: Collection[Key], ask: Callable[[Collection[Key]], Mapping[Key, Answer]]
) -> dict[Key, Answer]:
    """`once` for many keys of one kind: asks together for those that are not kept; who has no answer is left out."""
    kept: dict[Hashable, Any] = session.info.get(_KEY, {})
    known: dict[Key, Answer] = {key: kept[kind, key] for key in keys if (kind, key) in kept}
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        found = ask(missing)
        tell(session, kind, found)
        known |= found
    return known
