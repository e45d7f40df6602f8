"""The mask of recordings: the same for the same, the form kept, everything that is not a caller's left alone."""

import pytest

from scripts.tools.record_ami import Mask


@pytest.mark.parametrize("written", ["0905123456", "+84905123456", "84905123456", "0084905123456"])
def test_one_number_in_every_form(written: str) -> None:
    mask = Mask()
    plain = mask.number("0905123456")
    assert plain == "0900000001"
    assert mask.number(written) == written.replace("905123456", plain[1:])


def test_two_numbers_stay_two() -> None:
    mask = Mask()
    assert mask.number("0905123456") != mask.number("0905123457")


@pytest.mark.parametrize(
    "line",
    [
        "Uniqueid: 1795463078.0",
        "Linkedid: pbx1-1795463078.10",
        "Timestamp: 1795463078.657193",
        "Exten: 1022",
        "DID: 02731022",
        "CallerIDNum: 101",
        "CallerIDName: <unknown>",
        "Channel: PJSIP/trunk-00000012",
        "Recording: 1795463078.0.wav",
    ],
)
def test_what_is_not_a_callers_stays(line: str) -> None:
    assert Mask().line(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "CallerIDNum: 6591234567",
        "ConnectedLineNum: +6591234567",
        "Number: 0273 3871234 02733871234",
        "AppData: PJSIP/0905123456@trunk,60",
        "1795463078|1795463078.0|q|NONE|ENTERQUEUE||0905123456|1",
        "9951: forged 0905123456",
    ],
)
def test_a_callers_number_goes_wherever_it_is(line: str) -> None:
    masked = Mask().line(line)
    assert masked != line
    assert not any(number in masked for number in ("6591234567", "02733871234", "0905123456"))


def test_names_are_the_same_for_the_same() -> None:
    text = "CallerIDName: Nguyễn Thị Ánh\r\nDestConnectedLineName: Nguyễn Thị Ánh\r\nCallerIDName: Lê Văn B\r\n"
    masked = Mask().text(text).split("\r\n")
    assert masked[0].partition(": ")[2] == masked[1].partition(": ")[2] != masked[2].partition(": ")[2]
    assert "Nguyễn" not in "".join(masked)
    assert Mask(keep_names=True).text(text) == text
