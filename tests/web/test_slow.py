"""A slow request is in the log, with what a person needs to look for its cause."""

import pytest
from flask import Flask
from structlog.testing import capture_logs

from agent_ui.web import slow


def test_a_slow_request_is_logged(console: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "SLOW_S", 0.0)
    with capture_logs() as logged:
        console.test_client().get("/sign-in?next=%2Fdesk")
    found = [line for line in logged if line["event"] == "slow request"]
    assert [(line["view"], line["method"], line["status"]) for line in found] == [("auth.sign_in", "GET", 200)]
    assert {"seconds", "processor_s"} <= found[0].keys()


def test_a_usual_request_is_not(console: Flask) -> None:
    with capture_logs() as logged:
        console.test_client().get("/sign-in")
    assert not [line for line in logged if line["event"] == "slow request"]
