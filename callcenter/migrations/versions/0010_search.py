"""Tickets are found by their words without accents, newest first; a search can be kept under a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The same as `callcenter.text.fold`. Accents are taken off before the case, because `lower` of a database in the
# C locale knows ASCII alone.
_FOLDED = r"""
CREATE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
  lower(regexp_replace(normalize(translate(said, 'Đđ', 'Dd'), NFD), '[\u0300-\u036f]+', '', 'g')),
  '[^a-z0-9]+', ' ', 'g'))
"""
_WORDS = (
    "setweight(to_tsvector('simple'::regconfig,"
    " folded(description || ' ' || address || ' ' || COALESCE(resolution, ''))), 'B')"
    " || setweight(to_tsvector('simple'::regconfig, folded(reporter_name)),"
    " CASE WHEN keep_identity THEN 'A'::\"char\" ELSE 'B'::\"char\" END)"
)


def upgrade() -> None:
    op.execute(_FOLDED)
    op.add_column("ticket", sa.Column("words", postgresql.TSVECTOR(), sa.Computed(_WORDS, persisted=True)))
    # What was written lately stands in an unsorted list that every search reads through: 256 kB of it at most.
    with_short_list = {"gin_pending_list_limit": 256}
    op.create_index("ix_ticket_words", "ticket", ["words"], postgresql_using="gin", postgresql_with=with_short_list)
    op.create_index("ix_ticket_created_at_id", "ticket", ["created_at", "id"])
    op.drop_index("ix_ticket_created_at", "ticket")
    op.create_index("ix_assignment_agency_id_ticket_id", "assignment", ["agency_id", "ticket_id"])
    op.create_table(
        "saved_search",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name="fk_saved_search_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_search"),
    )
    op.create_index("uq_saved_search_name", "saved_search", ["user_id", "name"], unique=True)


def downgrade() -> None:
    op.drop_table("saved_search")
    op.drop_index("ix_assignment_agency_id_ticket_id", "assignment")
    op.create_index("ix_ticket_created_at", "ticket", ["created_at"])
    op.drop_index("ix_ticket_created_at_id", "ticket")
    op.drop_index("ix_ticket_words", "ticket")
    op.drop_column("ticket", "words")
    op.execute("DROP FUNCTION folded(text)")
