"""The map of the province, for both sites: the host of the pictures that lie behind it."""

from urllib.parse import urlsplit

from callcenter.config import Settings


def host(settings: Settings) -> str | None:
    """Whose pictures a page with the map may show, as a policy names it; None without tiles."""
    if not settings.map_tiles:
        return None
    split = urlsplit(settings.map_tiles)
    return f"{split.scheme}://{split.netloc}"
