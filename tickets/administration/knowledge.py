"""Administration of keywords of the fields and of articles, by supervisors; each version on the change record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from callcenter.errors import Invalid, NotFound
from callcenter.models import Article, Category, CategoryKeywords
from callcenter.text import fold
from tickets.actors import Actor
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.fields import owed

MOST_PHRASES = 200
_LONGEST_PHRASE, _LONGEST_TITLE, _LONGEST_BODY = 60, 150, 4000


@dataclass(frozen=True)
class ArticleFields:
    title: str
    body: str
    category: str = ""
    published: bool = False


def phrases_of_categories(session: Session) -> dict[str, list[Any]]:
    """By category code; a category without keywords has no entry."""
    return {row.category_code: row.phrases for row in session.scalars(select(CategoryKeywords))}


def keyword_facts(row: CategoryKeywords | None) -> dict[str, Any]:
    """One phrase a line, as the form has them."""
    return {"phrases": "\n".join(row.phrases) if row else ""}


def set_keywords(session: Session, actor: Actor, code: str, lines: str, *, seen: str | None, now: datetime) -> None:
    """The phrases of a field, one a line; the same one twice counts once."""
    begin(session, actor, Right.EDIT_KNOWLEDGE)
    if session.get(Category, code) is None:
        raise NotFound(f"no field {code}")
    row = session.get(CategoryKeywords, code, with_for_update=True, populate_existing=True)
    wanted = _phrases(lines.splitlines())
    before, after = keyword_facts(row), {"phrases": "\n".join(wanted)}
    if is_news("keywords", code, before, after, seen):
        if row is None:
            row = CategoryKeywords(category_code=code)
            session.add(row)
        row.phrases = wanted
        record_change(session, actor, "keywords", code, before, after, now)


def article_facts(article: Article) -> dict[str, Any]:
    return {
        "title": article.title,
        "body": article.body,
        "category": article.category_code,
        "published": article.published,
    }


def add_article(session: Session, actor: Actor, fields: ArticleFields, *, now: datetime) -> Article:
    """A new article; exactly the same one a second time is the first."""
    begin(session, actor, Right.EDIT_KNOWLEDGE)
    values = _clean(session, fields)
    for known in session.scalars(select(Article).where(Article.title == values["title"])):
        if article_facts(known) == values:
            return known
    article = Article(created_at=now, changed_at=now, title="", body="")
    _apply(article, values)
    session.add(article)
    session.flush()
    record_change(session, actor, "article", str(article.id), {}, values, now)
    return article


def edit_article(
    session: Session, actor: Actor, article_id: int, fields: ArticleFields, *, seen: str | None, now: datetime
) -> Article:
    """Change an article, publish it or take it back; answers given from it before stay in those tickets."""
    begin(session, actor, Right.EDIT_KNOWLEDGE)
    article = session.get(Article, article_id, with_for_update=True, populate_existing=True)
    if article is None:
        raise NotFound(f"no article {article_id}")
    before, after = article_facts(article), _clean(session, fields)
    if is_news("article", str(article.id), before, after, seen):
        _apply(article, after)
        article.changed_at = now
        record_change(session, actor, "article", str(article.id), before, after, now)
    return article


def _phrases(lines: Iterable[str]) -> list[str]:
    found: dict[str, str] = {}
    for line in lines:
        phrase = " ".join(line.lower().split())
        if fold(phrase):
            found.setdefault(phrase, phrase)
    if len(found) > MOST_PHRASES or any(len(phrase) > _LONGEST_PHRASE for phrase in found):
        raise Invalid({"phrases": "phrases_many"})
    return list(found)


def _clean(session: Session, fields: ArticleFields) -> dict[str, Any]:
    title, body = " ".join(fields.title.split()), fields.body.replace("\r\n", "\n").strip()
    category = fields.category.strip() or None
    problems = {}
    for name, value, longest in (("title", title, _LONGEST_TITLE), ("body", body, _LONGEST_BODY)):
        if why := owed(value, longest):
            problems[name] = why
    if category is not None and session.get(Category, category) is None:
        problems["category"] = "unknown_choice"
    if problems:
        raise Invalid(problems)
    return {"title": title, "body": body, "category": category, "published": fields.published}


def _apply(article: Article, values: dict[str, Any]) -> None:
    article.title, article.body = values["title"], values["body"]
    article.category_code, article.published = values["category"], values["published"]
