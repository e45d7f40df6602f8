"""A long transaction that works alone on its rows: it need not ask twice, and it tells nobody.

Made for writing a past: thousands of moves in one transaction, by the verbs that people use.
"""

from sqlalchemy.orm import Session

from callcenter import answers

_KEY = "alone"


def work(session: Session) -> None:
    """From now on nobody else may write the rows of this session, until it ends."""
    session.info[_KEY] = True
    answers.keep(session, writes=True)


def is_so(session: Session) -> bool:
    return _KEY in session.info
