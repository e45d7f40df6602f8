"""The sketch of the province, for both sites: its points, and whose pictures may lie behind them."""

from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.config import Settings
from callcenter.models import Ward


def points(session: Session) -> list[list[object]]:
    """Code, name, latitude and longitude of each unit: its centre as known, no boundaries."""
    query = select(Ward.code, Ward.name, Ward.latitude, Ward.longitude).where(Ward.latitude.is_not(None))
    return [list(row) for row in session.execute(query)]


def host(settings: Settings) -> str | None:
    """Whose pictures a page with the map may show, as a policy names it; None without tiles."""
    if not settings.map_tiles:
        return None
    split = urlsplit(settings.map_tiles)
    return f"{split.scheme}://{split.netloc}"
