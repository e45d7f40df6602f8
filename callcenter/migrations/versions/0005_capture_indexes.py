"""The page Capture asks by PBX and day; evidence that is old enough is found without looking at all of it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_testimony_verdict_started_at", "testimony")
    op.create_index("ix_testimony_pbx_started_at", "testimony", ["pbx", "started_at"])
    kept = sa.text("verdict = 'agrees' AND rows <> '{}'")
    op.create_index("ix_testimony_kept_rows", "testimony", ["pbx", "checked_at"], postgresql_where=kept)


def downgrade() -> None:
    op.drop_index("ix_testimony_kept_rows", "testimony")
    op.drop_index("ix_testimony_pbx_started_at", "testimony")
    op.create_index("ix_testimony_verdict_started_at", "testimony", ["verdict", "started_at"])
