"""Pages on which supervisors write keywords of the fields, tried out on a sentence, and articles."""

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from agent_ui import frame
from agent_ui.admin.base import EditForm, back, blueprint, edit, latest, seen, ticked
from agent_ui.web import forms, site
from agent_ui.web.auth import may, me
from callcenter.models import Article, Category, CategoryKeywords
from tickets.administration import knowledge
from tickets.finding import suggestions
from tickets.life import choices
from tickets.rights import Right


@blueprint.get("/keywords")
@may(Right.EDIT_KNOWLEDGE)
def keyword_list() -> str:
    said = request.args.get("try", "")[:500].replace("\x00", "")
    with site.reading() as session:
        fields = choices.categories(session)
        words = knowledge.phrases_of_categories(session)
        return frame.page(
            session,
            "admin/keywords.html",
            fields=fields,
            words=words,
            said=said,
            hits=suggestions.phrases(session).find(said) if said else (),
            names={field.code: field.name for field in fields},
            changes=latest(session, "keywords"),
        )


@blueprint.route("/keywords/<code>", methods=["GET", "POST"])
@may(Right.EDIT_KNOWLEDGE)
def keywords(code: str) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        field = session.get(Category, code)
        if field is None:
            abort(404)
        facts = knowledge.keyword_facts(session.get(CategoryKeywords, code))
        changes = latest(session, "keywords", code)
        return frame.page(session, "admin/keyword.html", field=field, form=form or EditForm.of(facts), changes=changes)

    def write(session: Session) -> None:
        knowledge.set_keywords(session, me(), code, request.form.get("phrases", ""), seen=seen(), now=site.now())

    return edit(page, write, lambda _none: back(url_for("admin.keyword_list"), _("Đã lưu từ khóa.")))


@blueprint.route("/articles/new", methods=["GET", "POST"])
@may(Right.EDIT_KNOWLEDGE)
def article_new() -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        return _article_page(session, None, form or EditForm({}))

    def write(session: Session) -> int:
        return knowledge.add_article(session, me(), _fields(), now=site.now()).id

    return edit(page, write, _to_article)


@blueprint.route("/articles/<int:article_id>", methods=["GET", "POST"])
@may(Right.EDIT_KNOWLEDGE)
def article(article_id: int) -> ResponseReturnValue:
    def page(session: Session, form: EditForm | None) -> str:
        row = session.get(Article, article_id)
        if row is None:
            abort(404)
        return _article_page(session, row, form or EditForm.of(knowledge.article_facts(row)))

    def write(session: Session) -> int:
        return knowledge.edit_article(session, me(), article_id, _fields(), seen=seen(), now=site.now()).id

    return edit(page, write, _to_article)


def _to_article(article_id: int) -> ResponseReturnValue:
    return back(url_for("articles.page", article_id=article_id), _("Đã lưu bài."))


def _article_page(session: Session, row: Article | None, form: EditForm) -> str:
    changes = latest(session, "article", str(row.id)) if row else ()
    fields = choices.categories(session)
    return frame.page(session, "admin/article.html", article=row, form=form, categories=fields, changes=changes)


def _fields() -> knowledge.ArticleFields:
    return knowledge.ArticleFields(
        title=forms.text("title"),
        body=forms.text("body"),
        category=forms.text("category"),
        published=ticked("published"),
    )
