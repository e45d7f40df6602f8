"""Row cache of a batch: one long transaction whose rows nothing else writes until it ends.

Thousands of moves in one transaction, by the verbs that people use: what was read or made once is not asked for again.
In any other session these functions ask each time; a page passes on what it has read.
"""

from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session

Found = TypeVar("Found")
Key = TypeVar("Key", bound=Hashable)
_KEY = "batch"


def begin(session: Session) -> None:
    """From now on this session is a batch, until it ends."""
    session.info[_KEY] = {}


def is_batch(session: Session) -> bool:
    return _KEY in session.info


def once(session: Session, key: Hashable, ask: Callable[[], Found]) -> Found:
    """What `ask` gives, kept by a batch; that there is none (None) is never kept."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEY)
    if kept is None:
        return ask()
    found: Found | None = kept.get(key)
    if found is None:
        found = kept[key] = ask()
    return found


def tell(session: Session, kind: Hashable, known: Mapping[Key, Found]) -> None:
    """What `each` need not ask any more: this batch has read it, or has just made it so."""
    kept: dict[Hashable, Any] | None = session.info.get(_KEY)
    if kept is not None:
        kept |= {(kind, key): found for key, found in known.items()}


def each(
    session: Session, kind: Hashable, keys: Collection[Key], ask: Callable[[Collection[Key]], Mapping[Key, Found]]
) -> dict[Key, Found]:
    """`once` for many keys of one kind: asks together for those that are not kept; a key without any is left out."""
    kept: dict[Hashable, Any] = session.info.get(_KEY, {})
    known: dict[Key, Found] = {key: kept[kind, key] for key in keys if (kind, key) in kept}
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        found = ask(missing)
        tell(session, kind, found)
        known |= found
    return known
