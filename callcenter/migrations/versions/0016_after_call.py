"""After-call work: how long it may last, by queue, and each time that somebody had it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "after_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("ready_due", _MOMENT, nullable=False),
        sa.Column("paused_at", _MOMENT, nullable=True),
        sa.Column("asked_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("how", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_after_call_call_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_after_call_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_after_call")),
    )
    op.create_index(
        "uq_after_call_open", "after_call", ["pbx", "extension"], unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )  # fmt: skip
    op.create_index("ix_after_call_user_id_began_at", "after_call", ["user_id", "began_at"])
    op.create_index("ix_after_call_call_id", "after_call", ["call_id"])
    op.add_column("pbx_queue", sa.Column("after_call_s", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("pbx_queue", "after_call_s")
    op.drop_table("after_call")
