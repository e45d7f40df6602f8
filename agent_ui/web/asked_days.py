"""Day of a page from its query string, never later than today, and the days before and after."""

from datetime import date, timedelta

from agent_ui.web import forms, site
from tickets.figures import overview


def asked_day() -> date:
    today = overview.local_day(site.now())
    return min(forms.asked_day("day") or today, today)


def around(day: date) -> dict[str, object]:
    """What `day_nav` shows: `day, today, before, after`; there is no tomorrow yet."""
    today = overview.local_day(site.now())
    after = day + timedelta(days=1) if day < today else None
    return {"day": day, "today": today, "before": day - timedelta(days=1), "after": after}
