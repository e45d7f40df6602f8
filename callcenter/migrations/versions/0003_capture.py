"""Times in which a PBX was not heard, and what its own logs say of each call."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_NO_ROWS, _NOTHING, _FALSE = (sa.text(word) for word in ("'[]'", "'{}'", "false"))
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "pbx_gap",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("restarted", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("settled_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbx_gap")),
    )
    op.create_index("ix_pbx_gap_pbx_started_at", "pbx_gap", ["pbx", "started_at"])
    op.create_index("uq_pbx_gap_open", "pbx_gap", ["pbx"], unique=True, postgresql_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "witness_cursor",
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("witness", sa.String(length=40), nullable=False),
        sa.Column("place", postgresql.JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("read_at", _MOMENT, nullable=False),
        sa.Column("read_to", _MOMENT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("pbx", "witness", name=op.f("pk_witness_cursor")),
    )
    op.create_table(
        "testimony",
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("linkedid", sa.String(length=150), nullable=False),
        sa.Column("rows", postgresql.JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=40), nullable=True),
        sa.Column("differences", postgresql.JSONB(), server_default=_NO_ROWS, nullable=False),
        sa.Column("checked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_testimony_call_id")),
        sa.PrimaryKeyConstraint("pbx", "linkedid", name=op.f("pk_testimony")),
    )
    op.create_index(op.f("ix_testimony_call_id"), "testimony", ["call_id"])
    op.create_index("ix_testimony_verdict_started_at", "testimony", ["verdict", "started_at"])
    op.create_index(
        "ix_testimony_unchecked", "testimony", ["pbx", "last_at"], postgresql_where=sa.text("verdict IS NULL")
    )


def downgrade() -> None:
    for table in ("testimony", "witness_cursor", "pbx_gap"):
        op.drop_table(table)
