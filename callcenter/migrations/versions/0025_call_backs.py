"""Call-backs are a table: those that wait or have ended move out of `ticket`, under the same id and code."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_FALSE, _TRUE = sa.text("false"), sa.text("true")
_KEYS = ["id", "code", "is_call_back"]
_WAITS = sa.text("standing = 'waiting'")
_WORDS = (
    "setweight(to_tsvector('simple'::regconfig,"
    " folded(description || ' ' || address || ' ' || COALESCE(resolution, ''))), 'B')"
    " || setweight(to_tsvector('simple'::regconfig, folded(reporter_name)),"
    " CASE WHEN keep_identity THEN 'A'::\"char\" ELSE 'B'::\"char\" END)"
)
# What a call-back has as a ticket has it.
_SHARED = (
    "id, code, tier, source, category_code, ward_code, address, latitude, longitude, level, description,"
    " reporter_name, reporter_phone, keep_identity, caller, owner_id, resolution, created_at, asked_again,"
    " consented_at, may_publish, safe_contact, version, agency_may_hear, call_at"
)

# A call-back that a person turned into a report is a ticket already. What an agency ever had is none, whatever its kind
# says, and stays a ticket.
_MOVE = """
INSERT INTO matter_moved
SELECT id FROM ticket t
WHERE kind = 'callback' AND state IN ('filed', 'closed', 'discarded')
  AND NOT EXISTS (SELECT FROM assignment WHERE ticket_id = t.id)
  AND NOT EXISTS (SELECT FROM clock WHERE ticket_id = t.id)
  AND NOT EXISTS (SELECT FROM grievance WHERE ticket_id = t.id)
"""
# How and when it ended is the last move in its history.
_UP = f"""
INSERT INTO call_back ({_SHARED}, standing, due_since, ended_at)
SELECT {_SHARED},
       CASE state WHEN 'filed' THEN 'waiting' WHEN 'discarded' THEN 'needless'
                  ELSE CASE last.move WHEN 'call_back_ended' THEN 'ended' ELSE 'done' END END,
       coalesce(filed_at, created_at),
       CASE WHEN state <> 'filed' THEN coalesce(closed_at, last.at, filed_at, created_at) END
FROM ticket t
LEFT JOIN LATERAL (
    SELECT move, at FROM ticket_event e
    WHERE e.ticket_id = t.id AND e.from_state <> e.to_state ORDER BY e.id DESC LIMIT 1
) last ON true
WHERE id IN (SELECT id FROM matter_moved)
ORDER BY id
"""
_DOWN = f"""
INSERT INTO ticket ({_SHARED}, kind, state, filed_at, closed_at)
SELECT {_SHARED}, 'callback',
       CASE standing WHEN 'waiting' THEN 'filed' WHEN 'needless' THEN 'discarded' ELSE 'closed' END,
       due_since, CASE WHEN standing IN ('done', 'ended') THEN ended_at END
FROM call_back
ORDER BY id
"""


def upgrade() -> None:
    _make_table()
    op.execute("CREATE TEMPORARY TABLE matter_moved (id bigint PRIMARY KEY) ON COMMIT DROP")
    op.execute(_MOVE)
    # While both tables have the row, its matter can be tied to one of them alone.
    op.drop_constraint(op.f("fk_ticket_id"), "ticket", type_="foreignkey")
    op.execute(_UP)
    op.execute("DELETE FROM ticket WHERE id IN (SELECT id FROM matter_moved)")
    op.execute("DROP TABLE matter_moved")
    op.create_foreign_key(op.f("fk_ticket_id"), "ticket", "matter", _KEYS, _KEYS)
    op.drop_index("uq_ticket_open_callback", "ticket")
    op.execute("UPDATE ticket SET kind = 'report' WHERE kind = 'callback'")
    op.drop_column("ticket", "call_at")
    _make_indexes()


def downgrade() -> None:
    op.add_column("ticket", sa.Column("call_at", _MOMENT, nullable=True))
    op.drop_constraint(op.f("fk_call_back_id"), "call_back", type_="foreignkey")
    op.execute(_DOWN)
    op.drop_table("call_back")
    op.create_index(
        "uq_ticket_open_callback",
        "ticket",
        ["caller"],
        unique=True,
        postgresql_where=sa.text("kind = 'callback' AND state IN ('draft', 'filed')"),
    )


def _make_table() -> None:
    op.create_table(
        "call_back",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('matter_id')"), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("is_call_back", sa.Boolean(), server_default=_TRUE, nullable=False),
        sa.Column("standing", sa.String(length=30), nullable=False),
        sa.Column("call_at", _MOMENT, nullable=True),
        sa.Column("due_since", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=30), nullable=False),
        sa.Column("category_code", sa.String(length=40), nullable=True),
        sa.Column("ward_code", sa.String(length=40), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("level", sa.String(length=30), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("reporter_name", sa.Text(), server_default="", nullable=False),
        sa.Column("reporter_phone", sa.String(length=20), nullable=True),
        sa.Column("keep_identity", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("caller", sa.String(length=20), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("asked_again", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("consented_at", _MOMENT, nullable=True),
        sa.Column("may_publish", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("safe_contact", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("agency_may_hear", sa.Boolean(), server_default=_FALSE, nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), sa.Computed(_WORDS, persisted=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("code", name=op.f("uq_call_back_code")),
        sa.CheckConstraint("is_call_back = true", name=op.f("ck_call_back_is_call_back")),
        sa.ForeignKeyConstraint(_KEYS, [f"matter.{name}" for name in _KEYS], name=op.f("fk_call_back_id")),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_call_back_category_code")),
        sa.ForeignKeyConstraint(["ward_code"], ["ward.code"], name=op.f("fk_call_back_ward_code")),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_call_back_owner_id")),
    )
    op.execute("CREATE TRIGGER matter BEFORE INSERT ON call_back FOR EACH ROW EXECUTE FUNCTION write_matter()")


def _make_indexes() -> None:
    op.create_index("uq_call_back_waiting", "call_back", ["caller"], unique=True, postgresql_where=_WAITS)
    op.create_index("ix_call_back_waiting", "call_back", ["created_at"], postgresql_where=_WAITS)
    for column in ("caller", "reporter_phone", "category_code", "owner_id"):
        op.create_index(op.f(f"ix_call_back_{column}"), "call_back", [column])
    op.create_index("ix_call_back_safe_contact", "call_back", ["id"], postgresql_where=sa.text("safe_contact"))
    op.create_index("ix_call_back_created_at_id", "call_back", ["created_at", "id"])
    op.create_index(
        "ix_call_back_words",
        "call_back",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 256},
    )
