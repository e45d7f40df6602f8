"""AstDB of the simulated PBX: the numbers that its dialplan lowers or blocks, written over AMI."""

from collections.abc import Mapping

from scripts.demo.simulated.ami import ActionReply

BLOCKED, LOW = "hotline-block", "hotline-low"


class Lists:
    """Entries by family and key, as `DBPut` and `DBDel` leave them; gone when the process ends."""

    ACTIONS: Mapping[str, str] = {
        "DBPut": "Put DB entry.  (Priv: system,all)",
        "DBDel": "Delete DB entry.  (Priv: system,all)",
    }

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], str] = {}

    def do(self, name: str, action: Mapping[str, str]) -> ActionReply:
        family, key = action.get("family", ""), action.get("key", "")
        if not family or not key:
            return ActionReply(f"No {'key' if family else 'family'} specified")
        if name == "DBPut":
            self._entries[family, key] = action.get("val", "")
            return ActionReply(said="Updated database successfully")
        if self._entries.pop((family, key), None) is None:
            return ActionReply("Database entry not found")
        return ActionReply(said="Key deleted successfully")

    def has(self, family: str, number: str) -> bool:
        """Whether a caller is on this list, in whatever form the network sent the number."""
        return (family, _key(number)) in self._entries


def _key(number: str) -> str:
    """As the dialplan's `hotline-block-key` makes it: 0905123456; +… from abroad."""
    for prefix in ("+84", "0084"):
        if number.startswith(prefix):
            return f"0{number.removeprefix(prefix)}"
    if number.startswith("00"):
        return f"+{number[2:]}"
    return f"0{number[2:]}" if number.startswith("84") and len(number) > 10 else number
