"""Administration pages of small lists: ticket fields, test numbers, queue titles, API keys."""

import re

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from agent_ui.web.tokens import hash_token, make_token
from callcenter import extensions
from callcenter.errors import Invalid
from callcenter.models import ApiToken, Category
from tickets.administration import attention, lists
from tickets.desk import queries
from tickets.rights import Right

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@blueprint.get("/categories")
@may(Right.ADMINISTER_AGENCIES)
def category_list() -> str:
    with site.reading() as session:
        return frame.page(
            session,
            "admin/categories.html",
            rows=lists.categories(session),
            ways=lists.rules_of_categories(session),
            held=lists.tickets_of_categories(session),
        )


@blueprint.route("/categories/new", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def category_new() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        return frame.page(session, "admin/category.html", category=None, form=form or EditForm({"active": True}))

    def write(session: Session) -> str:
        return lists.add_category(session, me(), forms.text("code"), _category_fields(), now=site.now()).code

    words = _("Đã thêm lĩnh vực. Hãy thêm quy tắc để phiếu của lĩnh vực này có nơi đến.")
    return edit(page, write, lambda code: back(url_for("admin.category", code=code), words))


@blueprint.route("/categories/<code>", methods=["GET", "POST"])
@may(Right.ADMINISTER_AGENCIES)
def category(code: str) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(Category, code)
        if row is None:
            abort(404)
        return frame.page(
            session,
            "admin/category.html",
            category=row,
            form=form or EditForm.of(lists.category_facts(row)),
            ways=lists.rules_of_categories(session).get(code, 0),
            changes=latest(session, "category", code),
        )

    def write(session: Session) -> str:
        return lists.edit_category(session, me(), code, _category_fields(), seen=seen(), now=site.now()).name

    return edit(page, write, lambda x: back(url_for("admin.category_list"), _("Đã lưu %(x)s.", x=x)))


def _category_fields() -> lists.CategoryFields:
    return lists.CategoryFields(
        name=forms.text("name"),
        position=forms.text("position"),
        evidence_required=ticked("evidence_required"),
        active=ticked("active"),
    )


@blueprint.route("/numbers", methods=["GET", "POST"])
@may(Right.ADMINISTER_TELEPHONY)
def numbers() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        return frame.page(
            session,
            "admin/numbers.html",
            form=form or EditForm({}),
            hotline=site.site().settings.hotline_numbers,
            rows=lists.test_numbers(session),
            changes=latest(session, "test_number"),
        )

    def write(session: Session) -> None:
        lists.add_test_number(session, me(), forms.text("number"), forms.text("note"), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.numbers"), _("Đã thêm số gọi thử.")))


@blueprint.post("/numbers/remove")
@may(Right.ADMINISTER_TELEPHONY)
def number_remove() -> ResponseReturnValue:
    with site.transaction() as session:
        lists.remove_test_number(session, me(), forms.text("number"), now=site.now())
    return back(url_for("admin.numbers"), _("Đã xóa số khỏi danh sách gọi thử."))


@blueprint.route("/queues", methods=["GET", "POST"])
@may(Right.ADMINISTER_TELEPHONY)
def queues() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        return frame.page(
            session,
            "admin/queues.html",
            form=form or EditForm({}),
            rows=lists.queues(session),
            holders=extensions.held_now(session),
            loose=attention.members_without_account(session),
            idle=attention.accounts_in_no_queue(session),
            pbxs=queries.pbx_states(session),
            changes=latest(session, "queue"),
            opened=EditForm.of,
        )

    def write(session: Session) -> None:
        pbx, name, title, after = (forms.text(field) for field in ("pbx", "name", "title", "after_call_s"))
        lists.set_queue(session, me(), pbx, name, title, after, seen=seen(), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.queues"), _("Đã lưu hàng đợi.")))


@blueprint.get("/tokens")
@may(Right.ADMINISTER_TOKENS)
def token_list() -> str:
    with site.reading() as session:
        return frame.page(
            session, "admin/tokens.html", rows=lists.tokens(session), changes=latest(session, "api_token")
        )


@blueprint.route("/tokens/new", methods=["GET", "POST"])
@may(Right.ADMINISTER_TOKENS)
def token_new() -> ResponseReturnValue:
    """The key is made with the form, so that a form sent twice makes one key and shows it both times."""

    def page(session: Session, form: EditForm | None) -> str:
        form = form or EditForm({"token": make_token(), "scope": "api", "source": "app"})
        return frame.page(session, "admin/token.html", form=form, scopes=lists.SCOPES, sources=lists.SOURCES)

    token = forms.text("token")

    def write(session: Session) -> str:
        if not _TOKEN.fullmatch(token):
            raise Invalid({"token": "token_unreadable"})
        fields = {name: forms.text(name) for name in ("name", "scope", "source")}
        return lists.add_token(session, me(), hash_token(token), **fields, now=site.now()).name

    def shown(name: str) -> str:
        with site.reading() as session:
            return frame.page(session, "admin/token_shown.html", name=name, token=token)

    return edit(page, write, shown)


@blueprint.route("/tokens/<int:token_id>/revoke", methods=["GET", "POST"])
@may(Right.ADMINISTER_TOKENS)
def token_revoke(token_id: int) -> ResponseReturnValue:
    """Asked once more on a page of its own: the program stops working at once."""
    if request.method == "POST":
        with site.transaction() as session:
            lists.revoke_token(session, me(), token_id, now=site.now())
        return back(url_for("admin.token_list"), _("Đã thu hồi khóa."))
    with site.reading() as session:
        row = session.get(ApiToken, token_id)
        if row is None:
            abort(404)
        return frame.page(session, "admin/token_revoke.html", token=row)
