"""The baseline: the schema of 0018 in one step; the eighteen migrations that led there are in the releases before."""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = None
branch_labels = None
depends_on = None

_SCHEMA = Path(__file__).parents[1] / "schema_0018.sql"
_PAUSE_REASONS = {
    "nghi-giai-lao": "Nghỉ giải lao",
    "an-trua": "Ăn trưa",
    "hop": "Họp",
    "dao-tao": "Đào tạo",
    "goi-ra": "Gọi ra",
    "viec-khac": "Việc khác",
}


def upgrade() -> None:
    op.execute(_SCHEMA.read_text(encoding="utf-8"))
    reasons = sa.table("pause_reason", *(sa.column(name) for name in ("code", "name", "position")))
    op.bulk_insert(
        reasons,
        [
            {"code": code, "name": name, "position": position}
            for position, (code, name) in enumerate(_PAUSE_REASONS.items(), 1)
        ],
    )


def downgrade() -> None:
    tables = re.findall(r"^CREATE TABLE (\w+)", _SCHEMA.read_text(encoding="utf-8"), re.MULTILINE)
    op.execute(f"DROP TABLE {', '.join(tables)}")
    op.execute("DROP FUNCTION folded(text)")
    op.execute("DROP FUNCTION refuse_rewriting_history()")
    op.execute("DROP SEQUENCE ticket_number")
