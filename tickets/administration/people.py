"""Administration of accounts: role, agency, extension, password; the last administrator always stays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, func, select, update
from sqlalchemy.orm import Session, joinedload

from callcenter import extensions
from callcenter.errors import Invalid, NotFound
from callcenter.models import Agency, User, UserSession
from callcenter.passwords import LONGEST, SHORTEST, hash_password, verify_password
from callcenter.push import announce
from callcenter.vocab import Role
from tickets import rights
from tickets.actors import Actor
from tickets.life.records import begin, is_news, record_change
from tickets.rights import Right
from tickets.rules.fields import owed
from tickets.telephone import taking

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_EXTENSION = re.compile(r"[0-9]{2,20}")
_LANGUAGES = ("vi", "en")
# Asked for before every answer, so it is but what is needed.
_SIGNED_IN = select(
    *(User.id, User.name, User.role, User.agency_id, User.extension.label("extension"), User.approves),
    *(User.username, User.language, User.tours, UserSession.id.label("session_id")),
).where(
    UserSession.token_hash == bindparam("token_hash"),
    UserSession.ended_at.is_(None),
    UserSession.user_id == User.id,
    UserSession.epoch == User.session_epoch,
    User.active,
)


@dataclass(frozen=True)
class UserFields:
    """An account's form as it came in; `agency` is an agency's code, an empty text nothing."""

    name: str
    role: str
    agency: str = ""
    extension: str = ""
    language: str = "vi"
    approves: bool = False


def everybody(session: Session) -> Sequence[User]:
    """All accounts with their agencies, closed ones too; in no order."""
    return session.scalars(select(User).options(joinedload(User.agency))).all()


def count_in_use(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(User).where(User.active)) or 0


def by_username(session: Session, username: str) -> User | None:
    """The account in use that signs in under this name."""
    return session.scalars(select(User).where(User.username == username, User.active)).one_or_none()


def signed_in(session: Session, token_hash: str) -> Row[*tuple[Any, ...]] | None:
    """What every request asks of the account whose session this is, as plain columns: `id`, `name`, `role`,
    `agency_id`, `extension`, `approves`, `username`, `language`, `tours` and `session_id`; None once it has ended."""
    return session.connection().execute(_SIGNED_IN, {"token_hash": token_hash}).one_or_none()


def seen_tour(session: Session, user_id: int | None, tour: str) -> None:
    """This tour does not start by itself again for this person."""
    unseen = update(User).where(User.id == user_id, ~User.tours.contains([tour]))
    session.execute(unseen.values(tours=func.array_append(User.tours, tour)))


def facts(session: Session, user: User) -> dict[str, Any]:
    """The account as the record has it; never its password."""
    agency = session.get(Agency, user.agency_id) if user.agency_id else None
    return {
        "name": user.name,
        "role": user.role.value,
        "agency": agency.code if agency else None,
        "extension": user.usual_extension,
        "language": user.language,
        "approves": user.approves,
        "active": user.active,
    }


def add(session: Session, actor: Actor, username: str, password: str, fields: UserFields, *, now: datetime) -> User:
    """A new account. The same one a second time changes nothing; raises Invalid by field."""
    begin(session, actor, Right.ADMINISTER_ACCOUNTS)
    username = username.strip().lower()
    known = session.scalars(select(User).where(User.username == username)).one_or_none()
    problems = _password_problems(password)
    if not _USERNAME.fullmatch(username):
        problems["username"] = "username_form"
    values = _clean(session, fields, problems)
    if known is not None and not problems:
        if facts(session, known) == {**values, "active": True} and verify_password(known.password_hash, password):
            return known
        problems["username"] = "username_taken"
    if problems:
        raise Invalid(problems)
    user = User(username=username, password_hash=hash_password(password), active=True, created_at=now)
    _apply(session, user, values)
    session.add(user)
    session.flush()
    record_change(session, actor, "user", username, {}, facts(session, user), now)
    return user


def edit(session: Session, actor: Actor, user_id: int, fields: UserFields, *, seen: str | None, now: datetime) -> User:
    """Change an account; another role or agency signs its person out. Raises Invalid, Changed.

    Another usual extension counts from the next sign-in on.
    """
    begin(session, actor, Right.ADMINISTER_ACCOUNTS)
    user = _locked(session, user_id)
    problems: dict[str, str] = {}
    values = _clean(session, fields, problems)
    if values.get("role") not in _admins() and user.active and _is_last_admin(session, user):
        problems["role"] = "last_admin"
    if problems:
        raise Invalid(problems)
    before = facts(session, user)
    after = {**before, **values}
    if is_news("user", user.username, before, after, seen):
        _apply(session, user, values)
        if any(before[name] != after[name] for name in ("role", "agency", "approves")):
            _end_sessions(session, user)
        if before["role"] != after["role"]:
            taking.end_of_account(session, user, actor, now=now)
        record_change(session, actor, "user", user.username, before, after, now)
        announce(session, "extension")
    return user


def set_active(session: Session, actor: Actor, user_id: int, active: bool, *, now: datetime) -> User:
    """Close an account, which ends its sessions, or open it again. Raises Invalid for the last administrator."""
    begin(session, actor, Right.ADMINISTER_ACCOUNTS)
    user = _locked(session, user_id)
    if user.active == active:
        return user
    if not active and _is_last_admin(session, user):
        raise Invalid({"active": "last_admin"})
    before = facts(session, user)
    user.active = active
    if not active:
        _end_sessions(session, user)
        taking.end_of_account(session, user, actor, now=now)
    record_change(session, actor, "user", user.username, before, facts(session, user), now)
    return user


def set_password(session: Session, actor: Actor, user_id: int, password: str, *, now: datetime) -> User:
    """A new password by the administrator; all sessions of the person end."""
    begin(session, actor, Right.ADMINISTER_ACCOUNTS)
    user = _locked(session, user_id)
    problems = _password_problems(password)
    if problems:
        raise Invalid(problems)
    _store_password(session, actor, user, password, now)
    return user


def change_own_password(session: Session, actor: Actor, old: str, password: str, again: str, *, now: datetime) -> User:
    """Everybody for themselves, knowing the old one; their other sessions end."""
    user = _locked(session, actor.id or 0)
    problems = _password_problems(password)
    if not verify_password(user.password_hash, old[:LONGEST]):
        problems["old"] = "password_wrong"
    elif password == old and not problems:
        problems["password"] = "password_same"  # noqa: S105 (a key of the catalogue)
    if password != again and "password" not in problems:
        problems["again"] = "password_differs"
    if problems:
        raise Invalid(problems)
    _store_password(session, actor, user, password, now)
    return user


def _end_sessions(session: Session, user: User) -> None:
    """All of this person's; pages that are open hear it, and are refused when they come back."""
    user.session_epoch += 1
    announce(session, extensions.topic(user.id))


def _store_password(session: Session, actor: Actor, user: User, password: str, now: datetime) -> None:
    if verify_password(user.password_hash, password):
        return
    user.password_hash = hash_password(password)
    _end_sessions(session, user)
    set_at = {"password_set": now.isoformat(timespec="seconds")}
    record_change(session, actor, "user", user.username, {"password_set": None}, set_at, now)


def _password_problems(password: str) -> dict[str, str]:
    if len(password) < SHORTEST:
        return {"password": "password_short"}
    return {"password": "too_long"} if len(password) > LONGEST else {}


def _clean(session: Session, fields: UserFields, problems: dict[str, str]) -> dict[str, Any]:
    """Values as `facts` has them; what is wrong goes into `problems`."""
    name, extension = " ".join(fields.name.split()), fields.extension.strip() or None
    if why := owed(name, 200):
        problems["name"] = why
    if fields.role not in set(Role):
        problems["role"] = "unknown_choice"
    if fields.language not in _LANGUAGES:
        problems["language"] = "unknown_choice"
    officer = fields.role in set(Role) and rights.works_for_agency(Role(fields.role))
    agency = fields.agency.strip() or None
    if officer != (agency is not None):
        problems["agency"] = "agency_of_officer" if officer else "agency_only_of_officer"
    elif agency is not None and session.scalar(select(Agency.id).where(Agency.code == agency)) is None:
        problems["agency"] = "unknown_choice"
    if fields.approves and not officer:
        problems["approves"] = "approves_only_officer"
    if extension is not None and not _EXTENSION.fullmatch(extension):
        problems["extension"] = "extension_form"
    return {"name": name, "role": fields.role, "agency": agency, "extension": extension,
            "language": fields.language, "approves": fields.approves}  # fmt: skip


def _apply(session: Session, user: User, values: dict[str, Any]) -> None:
    user.name, user.role = values["name"], Role(values["role"])
    user.usual_extension, user.language, user.approves = values["extension"], values["language"], values["approves"]
    code = values["agency"]
    user.agency_id = session.scalar(select(Agency.id).where(Agency.code == code)) if code else None


def _admins() -> frozenset[Role]:
    return rights.roles_with(Right.ADMINISTER_ACCOUNTS)


def _is_last_admin(session: Session, user: User) -> bool:
    others = select(User.id).where(User.role.in_(_admins()), User.active, User.id != user.id)
    return user.role in _admins() and session.scalar(others.limit(1)) is None


def _locked(session: Session, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update=True, populate_existing=True)
    if user is None:
        raise NotFound(f"no account {user_id}")
    return user
