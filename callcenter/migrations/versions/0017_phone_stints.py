"""What each telephone in a queue did, and from when to when, for the figures of people."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "phone_stint",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pbx", sa.String(length=80), nullable=False),
        sa.Column("extension", sa.String(length=20), nullable=False),
        sa.Column("doing", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("until", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_stint")),
    )
    op.create_index(
        "uq_phone_stint_open", "phone_stint", ["pbx", "extension"], unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )  # fmt: skip
    op.create_index("ix_phone_stint_since", "phone_stint", ["since"])


def downgrade() -> None:
    op.drop_table("phone_stint")
