"""Pages of nuisance numbers, for shift leaders: marks, decisions with their end, and what each PBX holds."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from agent_ui import frame
from agent_ui.web import filters, forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.errors import problem_words
from callcenter.errors import Invalid
from callcenter.vocab import NuisanceStep
from tickets.calls import nuisance
from tickets.rights import Right
from tickets.rules import policy

blueprint = Blueprint("nuisance", __name__)


@blueprint.get("/nuisance")
@may(Right.DECIDE_NUISANCE)
def page() -> str:
    return _page()


@blueprint.post("/nuisance/decide")
@may(Right.DECIDE_NUISANCE)
def decide() -> ResponseReturnValue:
    """Lower, block, decide anew, or set free."""
    try:
        with site.transaction() as session:
            row = nuisance.decide(
                session,
                me(),
                forms.text("number")[:40],
                forms.word(NuisanceStep, "step"),
                reason=forms.text("reason")[:500],
                days=forms.digits(request.form.get("days", "")) or 0,
                now=site.now(),
                hotline_numbers=site.site().settings.hotline_numbers,
            )
    except Invalid as error:
        return _page(error.problems), 422
    words = {
        NuisanceStep.FREE: _("%(number)s gọi được như mọi người."),
        NuisanceStep.LOW: _("%(number)s từ nay chờ sau những người khác."),
        NuisanceStep.BLOCKED: _("%(number)s bị chặn; họ nghe lời báo kèm 113, 114, 115."),
    }
    flash(words[row.step] % {"number": filters.phone(row.number)}, "success")
    return redirect(url_for("nuisance.page"), 303)


def _page(problems: Mapping[str, str] | None = None) -> str:
    with site.reading() as session:
        rows = nuisance.marked(session, site.now())
        return frame.page(
            session,
            "nuisance/page.html",
            rows=rows,
            due=[row for row in rows if row.decision and row.step != NuisanceStep.FREE
                 and row.decision.until <= site.now() + policy.NUISANCE_REVIEW],
            deaf=nuisance.deaf(session),
            days=policy.NUISANCE_DAYS,
            problems=problem_words(problems or {}),
            typed=request.form,
        )  # fmt: skip
