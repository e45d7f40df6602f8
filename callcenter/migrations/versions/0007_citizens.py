"""Notes by number, contact that must stay safe, and complaints and denunciations apart from the tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEXTS = postgresql.ARRAY(sa.Text())
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("ticket", sa.Column("safe_contact", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index("ix_ticket_safe_contact", "ticket", ["id"], postgresql_where=sa.text("safe_contact"))
    op.create_table(
        "contact",
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("names", _TEXTS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("flags", _TEXTS, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["user_account.id"], name=op.f("fk_contact_changed_by_id_user_account")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_contact")),
    )
    op.create_table(
        "grievance",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("against", sa.Text(), server_default="", nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("reporter_name", sa.Text(), server_default="", nullable=False),
        sa.Column("reporter_phone", sa.String(20), nullable=True),
        sa.Column("guided_at", _MOMENT, nullable=False),
        sa.Column("guided_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_grievance_ticket_id_ticket")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_grievance_call_id_call")),
        sa.ForeignKeyConstraint(["guided_by_id"], ["user_account.id"], name=op.f("fk_grievance_guided_by_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grievance")),
        sa.UniqueConstraint("ticket_id", name=op.f("uq_grievance_ticket_id")),
    )
    op.create_index(op.f("ix_grievance_guided_at"), "grievance", ["guided_at"])


def downgrade() -> None:
    op.drop_table("grievance")
    op.drop_table("contact")
    op.drop_index("ix_ticket_safe_contact", "ticket")
    op.drop_column("ticket", "safe_contact")
