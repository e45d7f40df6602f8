"""Words that tell a field, articles and their use; tickets of a commune by time, for what is near."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_WORDS = (
    "setweight(to_tsvector('simple'::regconfig, folded(title)), 'A')"
    " || setweight(to_tsvector('simple'::regconfig, folded(body)), 'B')"
)


def upgrade() -> None:
    op.create_table(
        "category_keywords",
        sa.Column("category_code", sa.String(40), nullable=False),
        sa.Column("phrases", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name="fk_category_keywords_category_code"),
        sa.PrimaryKeyConstraint("category_code", name="pk_category_keywords"),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("category_code", sa.String(40), nullable=True),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), sa.Computed(_WORDS, persisted=True)),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name="fk_article_category_code"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
    )
    op.create_index("ix_article_category_code", "article", ["category_code"])
    op.create_index("ix_article_words", "article", ["words"], postgresql_using="gin")
    op.create_table(
        "article_use",
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_article_use_article_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name="fk_article_use_ticket_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_article_use_user_id"),
        sa.PrimaryKeyConstraint("article_id", "ticket_id", name="pk_article_use"),
    )
    op.create_index("ix_article_use_ticket_id", "article_use", ["ticket_id"])
    op.create_index("ix_ticket_ward_code_created_at", "ticket", ["ward_code", "created_at"])
    op.drop_index("ix_ticket_ward_code", "ticket")


def downgrade() -> None:
    op.create_index("ix_ticket_ward_code", "ticket", ["ward_code"])
    op.drop_index("ix_ticket_ward_code_created_at", "ticket")
    for table in ("article_use", "article", "category_keywords"):
        op.drop_table(table)
