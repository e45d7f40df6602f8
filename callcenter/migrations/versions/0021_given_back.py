"""Index of assignments given back, so that an agency finds them without reading all that it ever had."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_assignment_given_back",
        "assignment",
        ["agency_id", "ended_at"],
        postgresql_where=sa.text("given_back_reason IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_assignment_given_back", "assignment")
