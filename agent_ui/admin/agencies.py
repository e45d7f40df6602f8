"""Administration pages of agencies and routing rules: lists, forms, the order, and trying a rule out."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.models import Agency, RoutingRule, Ward
from callcenter.text import fold, sort_key
from callcenter.vocab import AgencyKind, Level, rank
from tickets.administration import agencies, routing_rules
from tickets.life import choices
from tickets.rights import Right


@blueprint.get("/agencies")
@may(Right.ADMINISTER_AGENCIES)
def agency_list() -> str:
    asked = {name: request.args.get(name, "").strip() for name in ("q", "kind")}
    with site.reading() as session:
        everything = agencies.all_of_them(session)
        rows = [row for row in everything if fold(asked["q"]) in fold(f"{row.name} {row.code} {row.phone or ''}")]
        rows = [row for row in rows if asked["kind"] in ("", row.kind)]
        rows.sort(key=lambda row: (not row.active, rank(row.kind), sort_key(row.name)))
        return frame.page(
            session,
            "admin/agencies.html", rows=rows, asked=asked, kinds=tuple(AgencyKind), officers=agencies.officers(session),
            total=len(everything),
        )  # fmt: skip


@blueprint.route("/agencies/new", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def agency_new() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        form = form or EditForm({"active": True})
        return frame.page(
            session, "admin/agency.html", agency=None, form=form, wards=_wards(session), kinds=tuple(AgencyKind)
        )

    def write(session: Session) -> str:
        return agencies.add(session, me(), forms.text("code"), _agency_fields(), now=site.now()).name

    return edit(page, write, lambda x: back(url_for("admin.agency_list"), _("Đã thêm %(x)s.", x=x)))


@blueprint.route("/agencies/<int:agency_id>", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def agency(agency_id: int) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(Agency, agency_id)
        if row is None:
            abort(404)
        return frame.page(
            session,
            "admin/agency.html",
            agency=row,
            form=form or EditForm.of(agencies.facts(row)),
            wards=_wards(session),
            kinds=tuple(AgencyKind),
            people=agencies.people_of(session, agency_id),
            changes=latest(session, "agency", row.code),
        )

    def write(session: Session) -> str:
        return agencies.edit(session, me(), agency_id, _agency_fields(), seen=seen(), now=site.now()).name

    return edit(page, write, lambda x: back(url_for("admin.agency", agency_id=agency_id), _("Đã lưu %(x)s.", x=x)))


def _agency_fields() -> agencies.AgencyFields:
    return agencies.AgencyFields(
        name=forms.text("name"),
        kind=forms.text("kind"),
        ward=forms.text("ward"),
        phone=forms.text("phone"),
        needs_approval=ticked("needs_approval"),
        active=ticked("active"),
    )


@blueprint.get("/rules")
@may(Right.ADMINISTER_AGENCIES)
def rule_list() -> str:
    """The rules in their order, and what a ticket as asked in the address would meet."""
    asked = {name: request.args.get(name, "").strip() for name in ("category", "ward", "level")}
    level = forms.asked_word(Level, "level") or Level.NORMAL
    with site.reading() as session:
        decision = None
        if "try" in request.args:
            decision = routing_rules.try_out(session, asked["category"] or None, asked["ward"] or None, level)
        return frame.page(
            session,
            "admin/rules.html",
            rows=routing_rules.in_order(session),
            names=routing_rules.named(session),
            asked={**asked, "level": level.value},
            decision=decision,
            categories=choices.categories(session),
            wards=_wards(session),
            levels=tuple(Level),
            changes=latest(session, "routing_rule"),
        )


@blueprint.route("/rules/new", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def rule_new() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        return _rule_page(session, form or EditForm({"active": True, "category": request.args.get("category", "")}))

    def write(session: Session) -> None:
        routing_rules.add(session, me(), _rule_fields(), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.rule_list"), _("Đã thêm quy tắc vào cuối.")))


@blueprint.route("/rules/<int:rule_id>", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def rule(rule_id: int) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(RoutingRule, rule_id)
        if row is None:
            abort(404)
        return _rule_page(session, form or EditForm.of(routing_rules.facts(session, row)), row)

    def write(session: Session) -> None:
        routing_rules.edit(session, me(), rule_id, _rule_fields(), seen=seen(), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.rule_list"), _("Đã lưu quy tắc.")))


def _rule_page(session: Session, form: EditForm, row: RoutingRule | None = None) -> str:
    return frame.page(
        session,
        "admin/rule.html",
        rule=row,
        form=form,
        categories=routing_rules.categories(session),
        wards=_wards(session),
        levels=tuple(Level),
        agencies=choices.agencies(session),
        changes=latest(session, "routing_rule", str(row.id)) if row else (),
    )


@blueprint.post("/rules/<int:rule_id>/place")
@may(Right.ADMINISTER_AGENCIES)
def rule_place(rule_id: int) -> ResponseReturnValue:
    above = "above" in request.form
    beside = forms.number("above" if above else "below")
    with site.transaction() as session:
        routing_rules.place(session, me(), rule_id, beside=beside, above=above, now=site.now())
    return back(url_for("admin.rule_list", _anchor=f"rule-{rule_id}"), _("Đã đổi thứ tự."))


def _rule_fields() -> routing_rules.RuleFields:
    texts = {name: forms.text(name) for name in ("category", "ward", "level", "lead", "co", "note")}
    return routing_rules.RuleFields(**texts, active=ticked("active"))


def _wards(session: Session) -> list[Ward]:
    return sorted(choices.wards(session), key=lambda ward: ward.kind)
