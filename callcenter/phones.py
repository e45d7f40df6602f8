"""Vietnamese phone numbers: every written form to E.164; masked for logs."""

import re

import phonenumbers

# Numbers of eleven digits became ten in 2018; the last seven were kept (decision 798/QD-BTTTT).
_LEGACY_MOBILE = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036",
    "0167": "037", "0168": "038", "0169": "039", "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
_WITHHELD = frozenset({"", "anonymous", "unknown", "<unknown>", "restricted", "unavailable", "private"})


def normalise(raw: str | None) -> str | None:
    """Any written form to E.164 (`0905 123 456`, `+84905123456`, `0084…`, `01683456789`), or None.

    None means that it cannot be called back: withheld, a short code, or no number at all.
    """
    if raw is None or raw.strip().lower() in _WITHHELD:
        return None
    digits = re.sub(r"[^0-9+]", "", raw)
    if not digits.lstrip("+"):
        return None
    national = _to_national(digits)
    try:
        parsed = phonenumbers.parse(national, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _to_national(digits: str) -> str:
    """Undo the prefixes that phonenumbers would misread: 00…, bare 84…, and mobiles of before 2018."""
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    for prefix in ("+84", "84"):
        rest = digits.removeprefix(prefix)
        # 084 xxx xxxx is a mobile range of its own: only a leading 84 with a full number behind it is the country.
        if rest != digits and (prefix == "+84" or len(digits) in (11, 12)):
            digits = "0" + rest.removeprefix("0")
            break
    legacy = _LEGACY_MOBILE.get(digits[:4]) if len(digits) == 11 else None
    return legacy + digits[4:] if legacy else digits


# Premium numbers (1900…), and what cannot be called back.
_PREMIUM = frozenset({phonenumbers.PhoneNumberType.PREMIUM_RATE, phonenumbers.PhoneNumberType.SHARED_COST})


def dialled(e164: str, *, abroad: bool = False, premium: bool = False) -> str | None:
    """As the PBX dials it: `0905123456`, `00` before a foreign one. None where it may not be called.

    Digits alone, whatever was asked: it goes into a dialplan.
    """
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    if phonenumbers.number_type(parsed) in _PREMIUM and not premium:
        return None
    home = parsed.country_code == 84
    if not home and not abroad:
        return None
    number = phonenumbers.national_significant_number(parsed)
    if not home:
        return f"00{parsed.country_code}{number}"
    # 1800 and 1900 are dialled as they are.
    return number if number.startswith(("1800", "1900")) else f"0{number}"


def display(e164: str | None) -> str:
    """As Vietnamese people write it: `0905 123 456`; foreign numbers stay international; '' for none."""
    if not e164:
        return ""
    try:
        parsed = phonenumbers.parse(e164, "VN")
    except phonenumbers.NumberParseException:
        return e164
    home = parsed.country_code == 84
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def is_mobile(e164: str) -> bool:
    """A Vietnamese mobile number: one that a text message reaches."""
    try:
        parsed = phonenumbers.parse(e164, "VN")
    except phonenumbers.NumberParseException:
        return False
    kind = phonenumbers.number_type(parsed)
    return parsed.country_code == 84 and kind == phonenumbers.PhoneNumberType.MOBILE


def mask(number: str | None) -> str:
    """For logs and fixtures: all but the last three digits hidden."""
    if not number:
        return "-"
    return re.sub(r"\d(?=\d{3})", "•", number)
