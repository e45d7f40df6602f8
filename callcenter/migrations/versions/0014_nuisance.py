"""Numbers that misuse the hotline, and what each PBX holds of them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "nuisance_number",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("lowered_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user_account.id"], name=op.f("fk_nuisance_number_decided_by_id")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_nuisance_number")),
    )
    op.create_table(
        "pbx_listed",
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("held", sa.String(length=30), nullable=True),
        sa.Column("held_at", _MOMENT, nullable=True),
        sa.Column("asked", sa.String(length=30), nullable=True),
        sa.Column("asked_at", _MOMENT, nullable=True),
        sa.Column("commands", sa.ARRAY(sa.String(length=20)), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["number"], ["nuisance_number.number"], name=op.f("fk_pbx_listed_number")),
        sa.PrimaryKeyConstraint("pbx", "number", name=op.f("pk_pbx_listed")),
    )


def downgrade() -> None:
    op.drop_table("pbx_listed")
    op.drop_table("nuisance_number")
