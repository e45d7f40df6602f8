"""Ticket codes: nine digits that can be said by phone, the last one a check digit (Damm)."""

import re

# The quasi-group of H. M. Damm, 2004: catches every single wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
_SPAN = 100_000_000
# Coprime to _SPAN, so that every number gets its own code; neighbours look unlike, and codes do not tell volumes.
_STRIDE = 61_803_399


def make_code(number: int) -> str:
    """The code of the n-th ticket, unique for the first hundred million."""
    digits = f"{number * _STRIDE % _SPAN:08d}"
    return digits + str(_check(digits))


def is_code(digits: str) -> bool:
    return re.fullmatch(r"[0-9]{9}", digits) is not None and _check(digits) == 0


def parse(text: str) -> str | None:
    """What a person typed or said (`412-345-678`, `412 345 678`) as a code; None when the check digit objects."""
    digits = re.sub(r"[\s.\-]", "", text)
    return digits if is_code(digits) else None


def group(code: str) -> str:
    """`412345678` -> `412-345-678`."""
    return "-".join((code[:3], code[3:6], code[6:]))


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return interim
