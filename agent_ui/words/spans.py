"""Texts of spans, sizes and counts of the policy: one way to write each with its unit."""

from collections.abc import Sequence
from datetime import time, timedelta

from flask_babel import LazyString, format_decimal, gettext, ngettext

from tickets.rules import policy
from tickets.rules.policy import Bytes, WorkingDays

_MB = 1024 * 1024
Value = timedelta | time | int | Sequence[timedelta]


def in_words(name: str) -> LazyString:
    """The policy `name` in words, as it is when the text is shown."""
    return LazyString(lambda: spell(getattr(policy, name)))


def filled(text: str, **values: object) -> str:
    """A text of a rule, translated; its places are names of policies (`… %(CLOSE_AFTER)s …`) and those of `values`."""
    return str(gettext(text)) % _Places(values)


class _Places(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return spell(getattr(policy, name))


def spell(value: Value) -> str:
    """`30 phút`, `7 ngày`, `10 ngày làm việc`, `10 MB`, `8:00`, `30 phút, 2 giờ, rồi 4 giờ`; a bare count as it is."""
    match value:
        case WorkingDays():
            return str(ngettext("%(num)d ngày làm việc", "%(num)d ngày làm việc", value))
        case Bytes():
            return f"{format_decimal(round(value / _MB, 1))} MB"
        case int():
            return str(value)
        case timedelta():
            return span(value)
        case time():
            return f"{value:%-H:%M}"
        case _:
            *first, last = (span(one) for one in value)
            return str(gettext("%(first)s, rồi %(last)s", first=", ".join(first), last=last)) if first else last


def span(length: timedelta) -> str:
    """Whole days, hours with their minutes, minutes or seconds, in the largest unit that loses nothing."""
    seconds = int(length.total_seconds())
    if seconds and seconds % 86400 == 0:
        return str(ngettext("%(num)d ngày", "%(num)d ngày", seconds // 86400))
    if seconds < 60 or seconds % 60:
        return str(ngettext("%(num)d giây", "%(num)d giây", seconds))
    hours, minutes = divmod(seconds // 60, 60)
    words = [ngettext("%(num)d giờ", "%(num)d giờ", hours)] if hours else []
    return " ".join([*words, *([ngettext("%(num)d phút", "%(num)d phút", minutes)] if minutes else [])])
