"""What is wrong with what a PBX lets us hear."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    findings = sa.Column("findings", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("pbx_status", findings)


def downgrade() -> None:
    op.drop_column("pbx_status", "findings")
