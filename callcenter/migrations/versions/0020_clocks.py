"""Clocks are a table: the due moments of tickets move from columns into rows, and no due moment changes."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_COLUMNS = ("triage_due", "accept_due", "answer_due", "waiting_since", "paused_minutes")

# When this turn of the promise began is in the history; what is missing there began with the ticket.
_TRIAGE = """
INSERT INTO clock (ticket_id, kind, started_at, due, paused_minutes, ended_at, outcome)
SELECT t.id, 'triage', began.at, t.triage_due, 0,
       CASE WHEN t.state NOT IN ('filed', 'triage') THEN coalesce(gone.at, t.closed_at, t.routed_at, began.at) END,
       CASE WHEN t.state IN ('filed', 'triage') THEN NULL WHEN gone.to_state <> 'routed' THEN 'withdrawn'
            WHEN coalesce(gone.at, t.routed_at, began.at) <= t.triage_due THEN 'kept' ELSE 'broken' END
FROM ticket t
CROSS JOIN LATERAL (
    SELECT coalesce(max(e.at), t.filed_at, t.created_at) AS at FROM ticket_event e
    WHERE e.ticket_id = t.id AND e.move IN ('give_back', 'reopen_triage')
) began
LEFT JOIN LATERAL (
    SELECT e.at, e.to_state FROM ticket_event e
    WHERE e.ticket_id = t.id AND e.at >= began.at
      AND e.from_state IN ('filed', 'triage') AND e.to_state NOT IN ('filed', 'triage')
    ORDER BY e.id DESC LIMIT 1
) gone ON true
WHERE t.triage_due IS NOT NULL
ORDER BY t.id
"""

# That of the agency which leads since the last hand-over; a reopened ticket was accepted before.
_ACCEPT = """
INSERT INTO clock (ticket_id, assignment_id, kind, started_at, due, paused_minutes, ended_at, outcome)
SELECT t.id, part.id, 'accept', coalesce(began.at, t.routed_at, t.filed_at, t.created_at), t.accept_due, 0,
       CASE WHEN t.state <> 'routed' THEN coalesce(gone.at, t.accepted_at, t.closed_at, began.at, t.created_at) END,
       CASE WHEN t.state = 'routed' THEN NULL WHEN gone.to_state <> 'accepted' THEN 'withdrawn'
            WHEN coalesce(gone.at, t.accepted_at, t.created_at) <= t.accept_due THEN 'kept' ELSE 'broken' END
FROM ticket t
CROSS JOIN LATERAL (
    SELECT max(e.at) AS at, max(e.id) AS id FROM ticket_event e WHERE e.ticket_id = t.id AND e.move = 'route'
) began
LEFT JOIN LATERAL (
    SELECT e.at, e.to_state FROM ticket_event e
    WHERE e.ticket_id = t.id AND e.id > began.id AND e.from_state = 'routed' AND e.to_state <> 'routed'
    ORDER BY e.id LIMIT 1
) gone ON true
LEFT JOIN LATERAL (
    SELECT a.id FROM assignment a
    WHERE a.ticket_id = t.id AND a.role = 'lead' AND (began.at IS NULL OR a.assigned_at <= began.at)
    ORDER BY a.id DESC LIMIT 1
) part ON true
WHERE t.accept_due IS NOT NULL
ORDER BY t.id
"""

_ANSWER = """
INSERT INTO clock (ticket_id, kind, started_at, due, stands_since, paused_minutes, ended_at, outcome)
SELECT t.id, 'answer', began.at, t.answer_due, t.waiting_since, t.paused_minutes,
       CASE WHEN t.state NOT IN ('filed', 'triage', 'routed', 'accepted', 'waiting', 'awaiting_approval')
            THEN coalesce(t.resolved_at, t.closed_at, began.at) END,
       CASE WHEN t.state IN ('filed', 'triage', 'routed', 'accepted', 'waiting', 'awaiting_approval') THEN NULL
            WHEN t.resolved_at IS NULL THEN 'withdrawn' WHEN t.resolved_at <= t.answer_due THEN 'kept' ELSE 'broken' END
FROM ticket t
CROSS JOIN LATERAL (
    SELECT coalesce(max(e.at), t.filed_at, t.created_at) AS at FROM ticket_event e
    WHERE e.ticket_id = t.id AND e.move IN ('reopen', 'reopen_triage')
) began
WHERE t.answer_due IS NOT NULL
ORDER BY t.id
"""

_BREACHED = """
UPDATE clock SET breached_at = noted.at
FROM (
    SELECT c.id, min(e.at) AS at FROM clock c
    JOIN ticket_event e ON e.ticket_id = c.ticket_id AND e.move = 'breached'
      AND e.data ->> 'clock' = c.kind AND e.at >= c.due
    GROUP BY c.id
) noted
WHERE noted.id = clock.id
"""

# The newest of a kind is the one that the columns knew.
_BACK = """
UPDATE ticket SET triage_due = triage.due, accept_due = accept.due, answer_due = answer.due,
       waiting_since = answer.stands_since, paused_minutes = coalesce(answer.paused_minutes, 0)
FROM ticket t
LEFT JOIN LATERAL (SELECT * FROM clock WHERE ticket_id = t.id AND kind = 'triage' ORDER BY id DESC LIMIT 1) triage ON true
LEFT JOIN LATERAL (SELECT * FROM clock WHERE ticket_id = t.id AND kind = 'accept' ORDER BY id DESC LIMIT 1) accept ON true
LEFT JOIN LATERAL (SELECT * FROM clock WHERE ticket_id = t.id AND kind = 'answer' ORDER BY id DESC LIMIT 1) answer ON true
WHERE ticket.id = t.id
"""


def upgrade() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("assignment_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due", _MOMENT, nullable=False),
        sa.Column("stands_since", _MOMENT, nullable=True),
        sa.Column("paused_minutes", sa.Integer(), nullable=False),
        sa.Column("breached_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_clock_ticket_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_clock_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    for statement in (_TRIAGE, _ACCEPT, _ANSWER, _BREACHED):
        op.execute(statement)
    op.create_index(op.f("ix_clock_ticket_id"), "clock", ["ticket_id"])
    op.create_index(
        "uq_clock_runs", "clock", ["ticket_id", "kind"], unique=True, postgresql_where=sa.text("ended_at IS NULL")
    )
    op.create_index(
        "ix_clock_due",
        "clock",
        ["due"],
        postgresql_where=sa.text("ended_at IS NULL AND stands_since IS NULL AND breached_at IS NULL"),
    )
    for column in _COLUMNS:
        op.drop_column("ticket", column)


def downgrade() -> None:
    for column in _COLUMNS[:4]:
        op.add_column("ticket", sa.Column(column, _MOMENT, nullable=True))
    op.add_column("ticket", sa.Column("paused_minutes", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute(_BACK)
    op.drop_table("clock")
