"""Who had which extension from when to when; until now an account had one for good, which is its usual one from here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("until IS NULL")


def upgrade() -> None:
    op.create_table(
        "extension_span",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=True),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("until >= since", name=op.f("ck_extension_span_ends_after_it_began")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user_account.id"], name=op.f("fk_extension_span_ended_by_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_extension_span_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extension_span")),
    )
    op.create_index("uq_extension_span_extension", "extension_span", ["extension"], unique=True, postgresql_where=_OPEN)
    op.create_index("uq_extension_span_user", "extension_span", ["user_id"], unique=True, postgresql_where=_OPEN)
    op.create_index("ix_extension_span_extension_since", "extension_span", ["extension", "since"])
    op.create_index("ix_extension_span_user_id_since", "extension_span", ["user_id", "since"])
    op.execute(
        "INSERT INTO extension_span (user_id, extension, since) "
        "SELECT id, extension, created_at FROM user_account WHERE active AND extension IS NOT NULL"
    )
    # Several people of several shifts share a desk.
    op.drop_index("uq_user_account_extension", table_name="user_account")
    op.add_column(
        "call",
        sa.Column("talks", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("call", "talks")
    # One of those that share it keeps it.
    op.execute(
        "UPDATE user_account SET extension = NULL WHERE active AND id NOT IN "
        "(SELECT min(id) FROM user_account WHERE active AND extension IS NOT NULL GROUP BY extension)"
    )
    op.create_index(
        "uq_user_account_extension", "user_account", ["extension"], unique=True, postgresql_where=sa.text("active")
    )
    op.drop_table("extension_span")
