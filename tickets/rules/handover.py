"""Handover v1: the one message on the `agency-routing` queue, from whichever channel a report came in.

Frozen: fields are only ever added, each with a default, and `version` rises when a meaning changes. It carries what
routing needs, without names or numbers. docs/handover.md describes it for other programs.
"""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.vocab import Level, Source


class Handover(BaseModel):
    """A ticket that was filed and needs an agency. `category` and `ward` are codes, empty where not known."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    ticket: str = Field(pattern=r"^[0-9]{9}$")
    source: Source
    category: str | None = None
    ward: str | None = None
    level: Level = Level.NORMAL
    filed_at: AwareDatetime
