"""Every scenario there is, by name: what happens to calls, each with its truth as the SIP side saw it."""

from tests.asterisk import scenes_answered, scenes_callers, scenes_missed, scenes_pbx, scenes_transfer
from tests.asterisk.stage import SCENARIOS, Scenario

PARTS = (scenes_answered, scenes_callers, scenes_missed, scenes_pbx, scenes_transfer)

__all__ = ["PARTS", "SCENARIOS", "Scenario"]
