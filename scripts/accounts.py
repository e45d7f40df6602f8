"""People and programs added from the command line."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agent_ui.tokens import hash_token, make_token
from callcenter.db import transaction
from callcenter.errors import Invalid
from callcenter.models import Agency, ApiToken, User
from callcenter.passwords import hash_password
from callcenter.vocab import Role

SHORTEST_PASSWORD = 10


def add_user(
    engine: Engine, username: str, password: str, *, name: str, role: str, extension: str | None, agency: str | None
) -> None:
    """Raises Invalid, naming the option, for what cannot be stored."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid({"password": f"at least {SHORTEST_PASSWORD} characters"})
    if (role == Role.OFFICER) != (agency is not None):
        raise Invalid({"--agency": "an officer needs one, nobody else has one"})
    try:
        with transaction(engine) as session:
            session.add(
                User(
                    username=username,
                    password_hash=hash_password(password),
                    name=name,
                    role=Role(role),
                    agency_id=_agency(session, agency),
                    extension=extension,
                    created_at=datetime.now(UTC),
                )
            )
    except IntegrityError as error:
        taken = "--extension" if "extension" in str(error.orig) else "USERNAME"
        raise Invalid({taken: "somebody active has it already"}) from None


def _agency(session: Session, code: str | None) -> int | None:
    if code is None:
        return None
    found = session.scalar(select(Agency.id).where(Agency.code == code))
    if found is None:
        raise Invalid({"--agency": f"there is no agency with the code {code}"})
    return found


def add_token(engine: Engine, name: str, scope: str, source: str) -> str:
    """The new key itself; only its hash is kept."""
    token = make_token()
    with transaction(engine) as session:
        session.add(
            ApiToken(name=name, token_hash=hash_token(token), scope=scope, source=source, created_at=datetime.now(UTC))
        )
    return token
