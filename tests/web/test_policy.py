"""A province that decides otherwise reads its own spans and limits, in Vietnamese and in English."""

from datetime import time, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from agent_ui.shell.tour_steps import TOURS
from agent_ui.web.errors import problem_words
from agent_ui.words import labels, spans
from callcenter.vocab import Role, TicketState
from tickets.rules import policy
from tickets.rules.policy import Bytes, WorkingDays
from tickets.rules.states import STATES


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (timedelta(seconds=15), "15 giây", "15 seconds"),
        (timedelta(seconds=90), "90 giây", "90 seconds"),
        (timedelta(minutes=30), "30 phút", "30 minutes"),
        (timedelta(hours=1), "1 giờ", "1 hour"),
        (timedelta(hours=7, minutes=30), "7 giờ 30 phút", "7 hours 30 minutes"),
        (timedelta(days=7), "7 ngày", "7 days"),
        (timedelta(hours=36), "36 giờ", "36 hours"),
        (WorkingDays(10), "10 ngày làm việc", "10 working days"),
        (WorkingDays(1), "1 ngày làm việc", "1 working day"),
        (Bytes(10 * 1024 * 1024), "10 MB", "10 MB"),
        (Bytes(2_621_440), "2,5 MB", "2.5 MB"),
        (time(8), "8:00", "8:00"),
        (3, "3", "3"),
        (policy.CALL_STEPS, "30 phút, 2 giờ, rồi 4 giờ", "30 minutes, 2 hours, then 4 hours"),
    ],
)
def test_a_span_is_spelled_with_its_unit(value: spans.Value, vietnamese: str, english: str, console: Flask) -> None:
    with console.test_request_context():
        assert spans.spell(value) == vietnamese
    with console.test_request_context(), force_locale("en"):
        assert spans.spell(value) == english


def test_texts_follow_the_policy(console: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "CLOSE_AFTER", timedelta(days=10))
    monkeypatch.setattr(policy, "MOST_EXTENSIONS", 3)
    monkeypatch.setattr(policy, "LONGEST_EXTENSION", WorkingDays(5))
    monkeypatch.setattr(policy, "UNOWNED_AFTER", timedelta(minutes=45))
    monkeypatch.setattr(policy, "CALL_IN_THE_MORNING", time(9, 30))
    monkeypatch.setattr(policy, "MOST_TEXT_PARTS", 2)
    with console.test_request_context():
        assert "trong 10 ngày" in spans.filled(STATES[TicketState.RESOLVED].idle)
        problems = problem_words({"a": "extended_enough", "b": "extension_length", "c": "text_too_long"})
        assert "đủ 3 lần" in problems["a"]
        assert "từ 1 đến 5 ngày làm việc" in problems["b"]
        assert "2 tin ghép (134 chữ có dấu hoặc 306 chữ không dấu)" in problems["c"]
        assert labels.later()["morning"] == "9:30 sáng mai"
        tour = " ".join(str(vars(step)) for step in TOURS[Role.SHIFT_LEADER].steps)
        assert "quá 45 phút" in tour
