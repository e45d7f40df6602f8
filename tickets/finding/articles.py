"""Articles with answers to frequent questions: searched, read, inserted into a ticket and counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import cast, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlalchemy.orm import Session, joinedload

from callcenter.errors import NotFound
from callcenter.models import Article, ArticleUse
from callcenter.models.knowledge import article_words
from callcenter.text import fold
from tickets import rights
from tickets.actors import Actor
from tickets.finding import search
from tickets.life import history
from tickets.rights import Right
from tickets.rules import relevance

_MOST_WORDS = 12
_LISTED = 200


@dataclass(frozen=True)
class Listed:
    """An article in the list, and in how many tickets its answer was used."""

    article: Article
    uses: int


def listed(session: Session, actor: Actor, said: str = "", category: str | None = None) -> list[Listed]:
    """What this person may read, by words (whole, the last perhaps unfinished) and field; the best first."""
    rights.require(actor, Right.READ_KNOWLEDGE)
    uses = select(func.count()).where(ArticleUse.article_id == Article.id).correlate(Article).scalar_subquery()
    query = select(Article, uses).options(joinedload(Article.category)).limit(_LISTED)
    if not rights.may(actor, Right.READ_UNPUBLISHED):
        query = query.where(Article.published)
    if category:
        query = query.where(Article.category_code == category)
    asked = search.query_of(said)
    if asked:
        words = cast(literal(asked), TSQUERY)
        query = query.where(article_words.op("@@")(words)).order_by(func.ts_rank(article_words, words).desc())
    query = query.order_by(uses.desc(), Article.title)
    return [Listed(article, count) for article, count in session.execute(query)]


def read(session: Session, actor: Actor, article_id: int) -> Listed:
    """Raises NotFound for a draft that this person does not edit."""
    rights.require(actor, Right.READ_KNOWLEDGE)
    article = session.get(Article, article_id, options=[joinedload(Article.category)])
    if article is None or (not article.published and not rights.may(actor, Right.READ_UNPUBLISHED)):
        raise NotFound(f"no article {article_id} for {actor.name}")
    uses = session.scalar(select(func.count()).where(ArticleUse.article_id == article.id))
    return Listed(article, uses or 0)


def use(session: Session, actor: Actor, article_id: int, code: str, *, now: datetime) -> Article:
    """The answer goes into this ticket; counted once a ticket."""
    article = read(session, actor, article_id).article
    ticket = history.locked_either(session, code)
    row = {"article_id": article.id, "ticket_id": ticket.id, "user_id": actor.id, "at": now}
    session.execute(insert(ArticleUse).values(row).on_conflict_do_nothing())
    return article


def for_report(session: Session, text: str, category: str | None, *, limit: int) -> Sequence[Article]:
    """Published articles that have to do with the report, best first; those of its field count double."""
    words = list(dict.fromkeys(word for word in fold(text).split() if len(word) > 2))[:_MOST_WORDS]
    if not words:
        return ()
    asked = cast(literal(" | ".join(f"'{word}'" for word in words)), TSQUERY)
    rank = func.ts_rank(article_words, asked)
    query = select(Article, rank).where(Article.published, article_words.op("@@")(asked))
    scored = []
    for row, value in session.execute(query):
        same = category is not None and row.category_code == category
        if relevance.fits(text, row.title, row.body, same_field=same):
            scored.append((value * (2 if same else 1), row))
    scored.sort(key=lambda row: (-row[0], row[1].id))
    return [row for value, row in scored if value >= scored[0][0] * 0.4][:limit]
