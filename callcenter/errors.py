"""Domain exceptions: one small tree of names, mapped to pages, JSON and exit lines at the edges."""

from collections.abc import Mapping


class HotlineError(Exception):
    """Anything the hotline refuses. `str(error)` is for logs; `agent_ui.web.errors` holds the words for people."""


class NotFound(HotlineError):
    """No such row, or none that this person may see: callers cannot tell which."""


class NotAllowed(HotlineError):
    """The person is known, the row is theirs to see, but not theirs to change in this way."""


class Stale(HotlineError):
    """Another session changed the row since it was read."""


class MoveRefused(HotlineError):
    """A ticket cannot go from where it is by this move."""

    def __init__(self, move: str, state: str) -> None:
        super().__init__(f"a ticket that is {state} cannot be moved by {move}")
        self.move = move
        self.state = state


class Invalid(HotlineError):
    """Input that cannot be used; `problems` maps a field to what is wrong with it (a key of the catalogue)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {why}" for field, why in problems.items()))
        self.problems = dict(problems)


class Busy(HotlineError):
    """Too much of this work is waiting already; `retry_s` seconds from now it will have been done."""

    def __init__(self, retry_s: int) -> None:
        super().__init__(f"busy for {retry_s} s")
        self.retry_s = retry_s


class WorkFailed(HotlineError):
    """A task of the pool took too long, or ended its process; trying it again would do the same."""


class SettingError(HotlineError):
    """A setting that cannot work: names the setting and the mend, in one line."""

    def __init__(self, setting: str, problem: str, mend: str) -> None:
        super().__init__(f"{setting}: {problem}; {mend}")
        self.setting = setting
