"""Call-backs have a next time; who listened to what; text messages to citizens."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("call_at", _MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("agency_may_hear", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_table(
        "listening",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("sound", sa.String(length=30), nullable=False),
        sa.Column("how", sa.String(length=30), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_listening_call_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_listening_ticket_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_listening_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listening")),
    )
    op.create_index("ix_listening_at", "listening", ["at"])
    op.create_index("ix_listening_call_id_sound", "listening", ["call_id", "sound"])
    op.create_index("ix_listening_user_id", "listening", ["user_id"])
    op.create_table(
        "text_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("taken_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("result", sa.String(length=30), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_text_message_asked_by_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_text_message_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_message")),
    )
    op.create_index("ix_text_message_ticket_id", "text_message", ["ticket_id"])
    op.create_index("ix_text_message_open", "text_message", ["id"], postgresql_where=sa.text("result IS NULL"))
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON listening"
        " FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_history()"
    )


def downgrade() -> None:
    op.drop_table("text_message")
    op.drop_table("listening")
    op.drop_column("ticket", "agency_may_hear")
    op.drop_column("ticket", "call_at")
