"""Map tiles of both sites: the host that the content security policy has to allow."""

from urllib.parse import urlsplit

from callcenter.config import Settings


def host(settings: Settings) -> str | None:
    """Whose pictures a page with the map may show, as a policy names it; None without tiles."""
    if not settings.map_tiles:
        return None
    split = urlsplit(settings.map_tiles)
    return f"{split.scheme}://{split.netloc}"
