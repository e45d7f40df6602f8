"""Ticket codes: nine digits that can be spoken by phone, the last one a check digit.

Damm's (2004) catches every single wrong digit and every swap of neighbours.
"""

import re

from stdnum import damm

_SPAN = 100_000_000
# Coprime to _SPAN, so that every number gets its own code; neighbours look unlike, and codes do not tell volumes.
_STRIDE = 61_803_399


def make_code(number: int) -> str:
    """The code of the n-th ticket, unique for the first hundred million."""
    digits = f"{number * _STRIDE % _SPAN:08d}"
    return digits + damm.calc_check_digit(digits)


def is_code(digits: str) -> bool:
    return re.fullmatch(r"[0-9]{9}", digits) is not None and damm.checksum(digits) == 0


def parse(text: str) -> str | None:
    """What a person typed or dictated (`412-345-678`, `412 345 678`) as a code; None when the check digit objects."""
    digits = re.sub(r"[\s.\-]", "", text)
    return digits if is_code(digits) else None


def group(code: str) -> str:
    """`412345678` -> `412-345-678`."""
    return "-".join((code[:3], code[3:6], code[6:]))
