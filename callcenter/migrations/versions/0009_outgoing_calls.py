"""Calls that go out from a ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "outgoing_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("dialling_at", _MOMENT, nullable=True),
        sa.Column("reached_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.Column("talk_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_outgoing_call_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_outgoing_call_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_call")),
    )
    op.create_index(op.f("ix_outgoing_call_ticket_id"), "outgoing_call", ["ticket_id"])
    op.create_index(op.f("ix_outgoing_call_user_id"), "outgoing_call", ["user_id"])
    op.create_index(
        "ix_outgoing_call_open", "outgoing_call", ["extension"], postgresql_where=sa.text("ended_at IS NULL")
    )


def downgrade() -> None:
    op.drop_table("outgoing_call")
