"""Commands to the PBX, its queues, what administrators changed, working hours, and what citizens say of an answer."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TEXTS = postgresql.ARRAY(sa.Text())
_NO_TEXTS, _NO_ROWS, _NOTHING, _FALSE, _ZERO = (sa.text(word) for word in ("'{}'", "'[]'", "'{}'", "false", "0"))
_MOMENT = sa.DateTime(timezone=True)


def _of_a_ticket() -> list[sa.Column[Any]]:
    return [
        sa.Column("extended", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("waiting_since", _MOMENT, nullable=True),
        sa.Column("paused_minutes", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("rating_note", sa.Text(), nullable=True),
        sa.Column("rated_at", _MOMENT, nullable=True),
        sa.Column("consented_at", _MOMENT, nullable=True),
        sa.Column("may_publish", sa.Boolean(), server_default=_FALSE, nullable=False),
    ]


def upgrade() -> None:
    op.add_column("user_account", sa.Column("approves", sa.Boolean(), server_default=_FALSE, nullable=False))
    op.add_column("user_account", sa.Column("tours", _TEXTS, server_default=_NO_TEXTS, nullable=False))
    op.add_column("call", sa.Column("voicemail", sa.Text(), nullable=True))
    op.add_column("pbx_status", sa.Column("actions", _TEXTS, server_default=_NO_TEXTS, nullable=False))
    op.add_column("sla_target", sa.Column("confirmed", sa.Boolean(), server_default=_FALSE, nullable=False))
    for column in _of_a_ticket():
        op.add_column("ticket", column)
    op.create_check_constraint(op.f("ck_ticket_rating"), "ticket", "rating BETWEEN 1 AND 5")
    op.create_table(
        "pbx_queue",
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("members", postgresql.JSONB(), server_default=_NO_ROWS, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("pbx", "name", name=op.f("pk_pbx_queue")),
    )
    op.create_table(
        "working_period",
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("opens < closes AND weekday BETWEEN 0 AND 6", name=op.f("ck_working_period_sensible")),
        sa.PrimaryKeyConstraint("weekday", "opens", name=op.f("pk_working_period")),
    )
    op.create_table(
        "pbx_command",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=False),
        sa.Column("arguments", postgresql.JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("taken_at", _MOMENT, nullable=True),
        sa.Column("result", sa.String(length=40), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["user_account.id"], name=op.f("fk_pbx_command_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pbx_command")),
    )
    op.create_index(
        "ix_pbx_command_open", "pbx_command", ["pbx", "id"], postgresql_where=sa.text("result IS NULL")
    )
    op.create_table(
        "change_record",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(), server_default=_NOTHING, nullable=False),
        sa.Column("after", postgresql.JSONB(), server_default=_NOTHING, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["user_account.id"], name=op.f("fk_change_record_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_record")),
    )
    op.create_index(op.f("ix_change_record_at"), "change_record", ["at"])
    op.create_index("ix_change_record_subject_key_id", "change_record", ["subject", "key", "id"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON change_record"
        " FOR EACH ROW EXECUTE FUNCTION refuse_rewriting_history()"
    )


def downgrade() -> None:
    for table in ("change_record", "pbx_command", "working_period", "pbx_queue"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_ticket_rating"), "ticket")
    for column in _of_a_ticket():
        op.drop_column("ticket", column.name)
    op.drop_column("sla_target", "confirmed")
    op.drop_column("pbx_status", "actions")
    op.drop_column("call", "voicemail")
    op.drop_column("user_account", "tours")
    op.drop_column("user_account", "approves")
