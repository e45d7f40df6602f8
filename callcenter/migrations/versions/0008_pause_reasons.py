"""Why an operator takes no calls for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REASONS = {
    "nghi-giai-lao": "Nghỉ giải lao",
    "an-trua": "Ăn trưa",
    "hop": "Họp",
    "dao-tao": "Đào tạo",
    "goi-ra": "Gọi ra",
    "viec-khac": "Việc khác",
}


def upgrade() -> None:
    table = op.create_table(
        "pause_reason",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_pause_reason")),
    )
    op.bulk_insert(
        table,
        [
            {"code": code, "name": name, "position": position, "active": True}
            for position, (code, name) in enumerate(_REASONS.items(), 1)
        ],
    )


def downgrade() -> None:
    op.drop_table("pause_reason")
