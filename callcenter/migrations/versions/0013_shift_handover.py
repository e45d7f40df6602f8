"""Shifts are handed over by name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "shift_handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("given_at", _MOMENT, nullable=False),
        sa.Column("given_by_id", sa.BigInteger(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_to_id", sa.BigInteger(), nullable=False),
        sa.Column("given_to", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("confirmed_at", _MOMENT, nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("withdrawn_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["given_by_id"], ["user_account.id"], name=op.f("fk_shift_handover_given_by_id")),
        sa.ForeignKeyConstraint(["given_to_id"], ["user_account.id"], name=op.f("fk_shift_handover_given_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_handover")),
    )
    op.create_index("ix_shift_handover_given_at", "shift_handover", ["given_at"])
    op.create_index("ix_shift_handover_given_to_id", "shift_handover", ["given_to_id"])
    op.create_index(
        "uq_shift_handover_open",
        "shift_handover",
        ["given_by_id"],
        unique=True,
        postgresql_where=sa.text("confirmed_at IS NULL AND withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("shift_handover")
