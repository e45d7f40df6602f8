"""Which unanswered call makes a call-back, and which gets a disposition by itself (DESIGN 5)."""

from itertools import product

import pytest

from callcenter.vocab import Outcome, Stage
from tickets.calls.callbacks import decide

# outcome, stage, wait_s, age_s, withheld, test number -> verdict
TABLE = [
    (Outcome.ANSWERED, None, 5, 90, False, False, "keep"),
    (Outcome.ANSWERED, None, 5, 90, True, False, "keep"),
    (Outcome.ANSWERED, None, 5, 90, False, True, "test"),
    (Outcome.ABANDONED, Stage.QUEUE, 4.99, 30, False, False, "short_abandon"),
    (Outcome.ABANDONED, Stage.QUEUE, 5.0, 6, False, False, "call_back"),
    (Outcome.ABANDONED, Stage.QUEUE, 30, 40, True, False, "withheld_missed"),
    (Outcome.ABANDONED, Stage.PROMPT, 0, 14.9, False, False, "short_abandon"),
    (Outcome.ABANDONED, Stage.PROMPT, 0, 15.0, False, False, "call_back"),
    (Outcome.ABANDONED, Stage.MENU, 0, 14.9, True, False, "short_abandon"),
    (Outcome.ABANDONED, Stage.MENU, 0, 20, False, False, "call_back"),
    (Outcome.ABANDONED, None, 0, 20, False, False, "call_back"),
    (Outcome.TIMEOUT, None, 60, 70, False, False, "call_back"),
    (Outcome.TIMEOUT, None, 60, 70, True, False, "withheld_missed"),
    (Outcome.VOICEMAIL, None, 60, 90, False, False, "call_back"),
    (Outcome.VOICEMAIL, None, 60, 90, True, False, "call_back"),
    (Outcome.CALLBACK, None, 0, 10, False, False, "call_back"),
    (Outcome.UNSERVED, None, 0, 5, False, False, "call_back"),
    (Outcome.FAILED, None, 1, 2, False, False, "call_back"),
    (Outcome.BLOCKED, None, 0, 2, False, False, "blocked"),
    (Outcome.FORWARDED, None, 0, 60, False, False, "referred"),
    (Outcome.VOICEMAIL, None, 60, 90, False, True, "test"),
]


@pytest.mark.parametrize(("outcome", "stage", "wait_s", "age_s", "withheld", "is_test", "verdict"), TABLE)
def test_verdict(
    outcome: Outcome, stage: Stage | None, wait_s: float, age_s: float, withheld: bool, is_test: bool, verdict: str
) -> None:
    found = decide(
        outcome=outcome, stage=stage, wait_s=wait_s, age_s=age_s, withheld=withheld, is_test=is_test, short_abandon_s=5
    )
    assert found == verdict


@pytest.mark.parametrize(
    ("withheld", "is_test", "verdict"), [(False, False, "call_back"), (True, False, "keep"), (False, True, "test")]
)
def test_a_transfer_that_nobody_took_is_called_back(withheld: bool, is_test: bool, verdict: str) -> None:
    lost = {"outcome": Outcome.ANSWERED, "stage": None, "wait_s": 5.0, "age_s": 90.0, "short_abandon_s": 5.0}
    assert decide(**lost, withheld=withheld, is_test=is_test, lost=True) == verdict  # type: ignore[arg-type]


@pytest.mark.parametrize(("outcome", "stage", "withheld"), list(product(Outcome, [None, *Stage], [True, False])))
def test_no_call_is_left_with_neither(outcome: Outcome, stage: Stage | None, withheld: bool) -> None:
    assert decide(outcome=outcome, stage=stage, wait_s=9, age_s=30, withheld=withheld, is_test=False, short_abandon_s=5)
