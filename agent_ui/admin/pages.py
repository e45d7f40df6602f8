"""Blueprints of administration: importing the view modules registers their routes."""

from agent_ui.admin import (
    agencies,
    base,
    calendar,
    changes,
    dashboard,
    emergencies,
    knowledge,
    lists,
    people,
    reasons,
    rights,
)

PAGES = (agencies, calendar, lists, changes, emergencies, knowledge, dashboard, people, reasons, rights)
BLUEPRINTS = (base.blueprint, people.account)
