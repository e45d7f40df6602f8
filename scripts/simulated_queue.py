"""Who is a member of the simulated PBX's queue, ready or paused: the words app_queue has for it, and its answers."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

QUEUE = "hotline-1022"
# What `ListCommands` says of them, as Asterisk does.
ACTIONS = {
    "QueueAdd": "Add interface to queue.  (Priv: agent,all)",
    "QueueRemove": "Remove interface from queue.  (Priv: agent,all)",
    "QueuePause": "Makes a queue member temporarily unavailable.  (Priv: agent,all)",
}

Headers = Mapping[str, str]


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

    def __init__(self, extensions: Iterable[str]) -> None:
        self.members = {extension: Member(extension) for extension in extensions}

    def is_ready(self, extension: str) -> bool:
        member = self.members.get(extension)
        return member is not None and not member.paused

    def do(self, name: str, action: Mapping[str, str]) -> tuple[str, str, list[tuple[str, Headers]]]:
        """`action` by its headers in lower case. What stands in the way, else what is said; and the events of it."""
        extension = action.get("interface", "").removeprefix("PJSIP/")
        member = self.members.get(extension)
        if action.get("queue", QUEUE) != QUEUE:
            return f"Unable to {'add' if name == 'QueueAdd' else 'remove'} interface: No such queue", "", []
        if name == "QueueAdd":
            return self._add(extension, member, action.get("paused") in ("true", "1"))
        if member is None:
            return ("Unable to remove interface: Not there" if name == "QueueRemove" else "Interface not found"), "", []
        if name == "QueueRemove":
            del self.members[extension]
            return "", "Removed interface from queue", [("QueueMemberRemoved", member.headers(as_row=False))]
        return self._pause(member, action.get("paused") in ("true", "1"), action.get("reason", ""))

    def _add(self, extension: str, member: Member | None, paused: bool) -> tuple[str, str, list[tuple[str, Headers]]]:
        if member is not None:
            return "Unable to add interface: Already there", "", []
        added = self.members[extension] = Member(extension, paused)
        return "", "Added interface to queue", [("QueueMemberAdded", added.headers(as_row=False))]

    def _pause(self, member: Member, paused: bool, reason: str) -> tuple[str, str, list[tuple[str, Headers]]]:
        member.paused, member.reason = paused, reason if paused else ""
        member.since = int(time.time()) if paused else member.since
        said = f"Interface {'' if paused else 'un'}paused successfully"
        return "", said, [("QueueMemberPause", member.headers(as_row=False))]
