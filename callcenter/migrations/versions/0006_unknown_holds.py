"""How long a caller was on hold while nobody listened is not known: null, where it was 0 for want of a word."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# A gap that is no restart of the PBX itself, as `telephony.hearing.hides_talk` says.
_UNKNOWN = """
UPDATE call SET hold_s = NULL
WHERE answered_at IS NOT NULL AND (
  (repaired AND snapshot @> '{"made_from": "witness"}')
  OR EXISTS (
    SELECT FROM pbx_gap WHERE pbx_gap.pbx = call.pbx
      AND pbx_gap.started_at <= coalesce(call.ended_at, now())
      AND coalesce(pbx_gap.ended_at, now()) >= call.answered_at
      AND NOT (pbx_gap.restarted AND pbx_gap.ended_at - pbx_gap.started_at <= interval '90 seconds')
  )
)
"""


def upgrade() -> None:
    op.alter_column("call", "hold_s", existing_type=sa.Double(), nullable=True)
    op.execute(_UNKNOWN)


def downgrade() -> None:
    op.execute("UPDATE call SET hold_s = 0 WHERE hold_s IS NULL")
    op.alter_column("call", "hold_s", existing_type=sa.Double(), nullable=False)
