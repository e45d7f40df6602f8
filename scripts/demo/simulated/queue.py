"""Queue of the simulated PBX: its members, ready or paused, in app_queue's own words; and its waiting callers."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scripts.demo.simulated.ami import ActionReply, Headers

QUEUE = "hotline-1022"


@dataclass
class Member:
    """One telephone in the queue; `since` is when its last pause began, in epoch seconds."""

    extension: str
    paused: bool = False
    reason: str = ""
    since: int = 0

    @property
    def interface(self) -> str:
        return f"PJSIP/{self.extension}"

    def headers(self, *, as_row: bool) -> dict[str, str]:
        """Of an event; a row of `QueueStatus` says Name and Location instead of MemberName and Interface."""
        name, place = ("Name", "Location") if as_row else ("MemberName", "Interface")
        return {
            "Queue": QUEUE,
            name: self.extension,
            place: self.interface,
            "StateInterface": self.interface,
            "Membership": "dynamic",
            "Penalty": "0",
            "CallsTaken": "0",
            "LastCall": "0",
            "LastPause": str(self.since),
            "InCall": "0",
            "Status": "1",
            "Paused": str(int(self.paused)),
            "PausedReason": self.reason,
            "Wrapuptime": "0",
        }


class Roster:
    """The members of the one queue, in order of their coming."""

    ACTIONS: Mapping[str, str] = {
        "QueueAdd": "Add interface to queue.  (Priv: agent,all)",
        "QueueRemove": "Remove interface from queue.  (Priv: agent,all)",
        "QueuePause": "Makes a queue member temporarily unavailable.  (Priv: agent,all)",
    }

    def __init__(self, extensions: Iterable[str]) -> None:
        self.members = {extension: Member(extension) for extension in extensions}

    def is_ready(self, extension: str) -> bool:
        member = self.members.get(extension)
        return member is not None and not member.paused

    def rows(self) -> list[Headers]:
        """What `QueueStatus` shows."""
        queue = {"Event": "QueueParams", "Queue": QUEUE, "Max": "0", "Strategy": "rrmemory", "Calls": "0"}
        members = [member.headers(as_row=True) for member in self.members.values()]
        return [queue, *({"Event": "QueueMember", **member} for member in members)]

    def do(self, name: str, action: Mapping[str, str]) -> ActionReply:
        """One of `ACTIONS`, by its headers in lower case."""
        extension = action.get("interface", "").removeprefix("PJSIP/")
        member = self.members.get(extension)
        if action.get("queue", QUEUE) != QUEUE:
            return ActionReply(f"Unable to {'add' if name == 'QueueAdd' else 'remove'} interface: No such queue")
        if name == "QueueAdd":
            return self._add(extension, member, action.get("paused") in ("true", "1"))
        if member is None:
            return ActionReply(
                "Unable to remove interface: Not there" if name == "QueueRemove" else "Interface not found"
            )
        if name == "QueueRemove":
            del self.members[extension]
            removed = ("QueueMemberRemoved", member.headers(as_row=False))
            return ActionReply(said="Removed interface from queue", events=[removed])
        return self._pause(member, action.get("paused") in ("true", "1"), action.get("reason", ""))

    def _add(self, extension: str, member: Member | None, paused: bool) -> ActionReply:
        if member is not None:
            return ActionReply("Unable to add interface: Already there")
        added = self.members[extension] = Member(extension, paused)
        return ActionReply(said="Added interface to queue", events=[("QueueMemberAdded", added.headers(as_row=False))])

    def _pause(self, member: Member, paused: bool, reason: str) -> ActionReply:
        member.paused, member.reason = paused, reason if paused else ""
        member.since = int(time.time()) if paused else member.since
        said = f"Interface {'' if paused else 'un'}paused successfully"
        return ActionReply(said=said, events=[("QueueMemberPause", member.headers(as_row=False))])


class WaitingLine:
    """The waiting callers, by Linkedid: in order of arrival, those of a lower priority behind all others."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, call: str, priority: int) -> None:
        before = [one for one in self._waiting if one[0] >= priority]
        self._waiting.insert(len(before), (priority, call))

    def leave(self, call: str) -> None:
        self._waiting = [one for one in self._waiting if one[1] != call]

    def place(self, call: str) -> int:
        """From 1; a caller that left had the first."""
        return next((place for place, one in enumerate(self._waiting, 1) if one[1] == call), 1)

    def is_served(self, call: str) -> bool:
        """Whether no caller of a higher priority waits."""
        return bool(self._waiting) and self._waiting[0][0] == next(one[0] for one in self._waiting if one[1] == call)
