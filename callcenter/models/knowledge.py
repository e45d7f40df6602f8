"""Aids for operators: keywords that suggest a field, and articles that answer frequent questions."""

from datetime import datetime

from sqlalchemy import Column, Computed, ForeignKey, Index, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from callcenter.db import Base, Id
from callcenter.models.rules import Category


class CategoryKeywords(Base):
    """The words and phrases by which a report is known to be of a field."""

    __tablename__ = "category_keywords"

    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"), primary_key=True)
    phrases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


class Article(Base):
    """A short answer. Earlier versions are on the change record; only what is published is offered in a call."""

    __tablename__ = "article"

    id: Mapped[Id]
    title: Mapped[str]
    body: Mapped[str]
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"), index=True)
    published: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    category: Mapped[Category | None] = relationship()


class ArticleUse(Base):
    """An article whose answer went into a ticket, once however often it was put in."""

    __tablename__ = "article_use"

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


# As with tickets: a column of the table that no article which is read carries. The title weighs more than the body.
article_words: Column[str] = Column(
    "words",
    TSVECTOR,
    Computed(
        "setweight(to_tsvector('simple'::regconfig, folded(title)), 'A')"
        " || setweight(to_tsvector('simple'::regconfig, folded(body)), 'B')",
        persisted=True,
    ),
)
assert isinstance(Article.__table__, Table)
Article.__table__.append_column(article_words)
Index("ix_article_words", article_words, postgresql_using="gin")
