"""Speech of a simulated caller: line by line to the newcomer, or as a message after the tone."""

import importlib
import importlib.util
import os
import random
from dataclasses import dataclass
from pathlib import Path

from scripts.demo.reports import REPORTS, DemoReport

_INBOX = "/var/spool/asterisk/voicemail/hotline/1022/INBOX"
_VOICE = "scripts.demo.simulated.voice"


@dataclass(frozen=True)
class Utterance:
    """So many seconds after the line before."""

    after_s: float
    text: str


def speech(number: str, name: str) -> list[Utterance]:
    """One report of the demo province in the caller's own words; the same number always says the same."""
    report = _report(number)
    return [
        Utterance(1.5, f"A lô, 1022 phải không? Tôi tên {name or report.caller}."),
        Utterance(4, f"Tôi ở {report.place}."),
        Utterance(4, report.text),
        Utterance(9, "Nhờ tổng đài ghi nhận rồi báo giùm nơi nào lo chuyện này."),
    ]


GOODBYE = "Dạ, tôi nói hết rồi. Cảm ơn tổng đài, tôi chờ tin."


def message(serial: int, number: str) -> str:
    """The file of a message left, without its ending; with sound where HOTLINE_SIMULATOR_SOUNDS names a folder."""
    folder = os.environ.get("HOTLINE_SIMULATOR_SOUNDS")
    if not folder or importlib.util.find_spec(_VOICE) is None:
        return f"{_INBOX}/msg{serial:04d}"
    voice = importlib.import_module(_VOICE)
    return str(voice.leave_message(Path(folder), serial, _report(number).text))


def _report(number: str) -> DemoReport:
    return random.Random(number).choice(REPORTS)  # noqa: S311 (reports, not secrets)
