"""Files of a ticket: attached with a purpose, owed as evidence of an answer, replaced by later ones."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from callcenter.models import Assignment, Attachment, Ticket
from tickets.actors import Actor
from tickets.life.files import StoredFile, unnamed

# Purposes (`Attachment.purpose`): sent by the reporter with the report, or by the citizen when asked.
REPORT = "report"
SUPPLIED = "supplied"
# Sent by the agency with its answer.
EVIDENCE = "evidence"
# Of an answer that was sent back and came again with other files: on record, and never the citizen's.
REPLACED = "replaced"


def attach(
    session: Session, ticket: Ticket, files: Sequence[StoredFile], actor: Actor, *, purpose: str, now: datetime
) -> None:
    """Where an identity is kept, what its citizen sends loses the name it had: people name files after themselves."""
    for file in unnamed(files) if ticket.keep_identity and purpose != EVIDENCE else files:
        session.add(
            Attachment(
                ticket_id=ticket.id,
                purpose=purpose,
                name=file.name,
                content_type=file.content_type,
                size=file.size,
                sha256=file.sha256,
                uploaded_by_id=actor.id,
                created_at=now,
            )
        )


def evidence(files: Iterable[Attachment], assignment: Assignment) -> list[Attachment]:
    """What came with an answer of this agency and this time that was sent back.

    Of an earlier time it does not count: what showed an earlier answer does not show that it is mended now.
    """
    return [file for file in files if file.purpose == EVIDENCE and file.created_at >= assignment.assigned_at]


def is_evidence_owed(ticket: Ticket, assignment: Assignment, files: Iterable[Attachment]) -> bool:
    """True where the field demands evidence and none of the ticket's `files` is that of this answer."""
    demanded = ticket.category is not None and ticket.category.evidence_required
    return demanded and not evidence(files, assignment)
