"""Blueprints of administration: importing the view modules registers their routes."""

from agent_ui.admin import (
    agencies,
    base,
    calendar,
    changes,
    emergencies,
    knowledge,
    lists,
    overview,
    people,
    reasons,
    rights,
)

PAGES = (agencies, calendar, lists, changes, emergencies, knowledge, overview, people, reasons, rights)
BLUEPRINTS = (base.blueprint, people.account)
