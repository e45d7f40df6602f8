"""What a browser must have before it shows a page, read from the page: files that hold up the first paint, elements."""

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from agent_ui.web.static_files import files
from agent_ui.words.catalogue import FOLDER


@dataclass(frozen=True)
class Weight:
    """`blocking` are the style sheets and plain scripts of the head, by path in agent_ui; their size is as written."""

    blocking: tuple[str, ...]
    elements: int

    @property
    def blocking_bytes(self) -> int:
        return sum((FOLDER / name).stat().st_size for name in self.blocking)


def weigh(page: str) -> Weight:
    reader = _Reader()
    reader.feed(page)
    return Weight(tuple(reader.blocking), reader.elements)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocking: list[str] = []
        self.elements = 0
        self._in_head = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements += 1
        given = dict(attrs)
        if tag == "body":
            self._in_head = False
        if not self._in_head:
            return
        if tag == "link" and given.get("rel") == "stylesheet":
            self._blocks(given.get("href"))
        if tag == "script" and not given.keys() & {"defer", "async"} and given.get("type") != "module":
            self._blocks(given.get("src"))

    def _blocks(self, url: str | None) -> None:
        self.blocking.append(urlsplit(url or "").path.removeprefix(f"/static/{files().version}/"))
