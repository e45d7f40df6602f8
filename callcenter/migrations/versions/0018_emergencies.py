"""Emergencies that are passed on, what the PBX dials for them, and where a telephone outside stands in a call."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.add_column("call", sa.Column("third", sa.String(length=30), nullable=True))
    op.create_table(
        "emergency_line",
        sa.Column("service", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("confirmed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("service", name=op.f("pk_emergency_line")),
    )
    op.create_table(
        "emergency",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("service", sa.String(length=30), nullable=False),
        sa.Column("number", sa.String(length=20), server_default="", nullable=False),
        sa.Column("level_before", sa.String(length=30), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("began_by_id", sa.BigInteger(), nullable=False),
        sa.Column("began_by", sa.Text(), nullable=False),
        sa.Column("extension", sa.String(length=20), server_default="", nullable=False),
        sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("taken_at", _MOMENT, nullable=True),
        sa.Column("taken_by_id", sa.BigInteger(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("ended", sa.String(length=30), nullable=True),
        sa.Column("ended_by_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_emergency_ticket_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_emergency_call_id")),
        sa.ForeignKeyConstraint(["began_by_id"], ["user_account.id"], name=op.f("fk_emergency_began_by_id")),
        sa.ForeignKeyConstraint(["taken_by_id"], ["user_account.id"], name=op.f("fk_emergency_taken_by_id")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user_account.id"], name=op.f("fk_emergency_ended_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index(op.f("ix_emergency_ticket_id"), "emergency", ["ticket_id"])
    op.create_index(op.f("ix_emergency_began_at"), "emergency", ["began_at"])
    op.create_index("uq_emergency_open", "emergency", ["ticket_id", "service"], unique=True, postgresql_where=_OPEN)
    op.create_index("ix_emergency_open_call_id", "emergency", ["call_id"], postgresql_where=_OPEN)


def downgrade() -> None:
    op.drop_table("emergency")
    op.drop_table("emergency_line")
    op.drop_column("call", "third")
