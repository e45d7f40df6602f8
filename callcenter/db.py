"""Database access: typed columns, engines, and the one place that commits."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import psycopg
from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    Engine,
    Identity,
    MetaData,
    String,
    Text,
    TypeDecorator,
    any_,
    cast,
    create_engine,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.sql.elements import CollectionAggregate

from callcenter import push, vocab
from callcenter.errors import SettingError


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its zone; a naive one is refused, because it would be read as the server's."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a moment without a zone: {value!r}")
        return value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:  # noqa: ARG002
        return value.astimezone(UTC) if value is not None else None


class VocabularyWord(TypeDecorator[StrEnum]):
    """A word of `callcenter.vocab`, stored as its value in a plain column, so that a new word needs no migration.

    A stored value that is no word of its kind is read as an unknown one (`vocab.read`): the page that shows it goes on.
    """

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__(30)
        self.kind = kind
        self._known = {word.value: word for word in kind}

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:  # noqa: ARG002
        return str(value) if value is not None else None

    def process_result_value(self, value: str | None, dialect: Any) -> StrEnum | None:  # noqa: ARG002
        if value is None:
            return None
        return self._known.get(value) or vocab.read(self.kind, value)


_WORDS: dict[Any, VocabularyWord] = {
    kind: VocabularyWord(kind)
    for kind in vars(vocab).values()
    if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
}


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        datetime: UtcDateTime,
        str: Text,
        **_WORDS,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Word = Annotated[str, mapped_column(String(40))]


# The server notices a client whose machine is gone, and with it the locks that it holds.
_SERVER_WATCHES = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def make_engine(url: str, *, pool_size: int = 10, overflow: int = 10, application: str = "hotline") -> Engine:
    """An engine on PostgreSQL by psycopg 3; `postgres://…` and `postgresql://…` are both taken.

    At most `pool_size` connections stay open, `overflow` more are made while they are needed.

    Raises SettingError when the address is not one of PostgreSQL.
    """
    try:
        parsed = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url))
    except ArgumentError:
        raise SettingError(
            "CALLCENTER_DATABASE_URL", "cannot be read", "write postgresql://USER:PASSWORD@HOST:PORT/NAME"
        ) from None
    if parsed.get_backend_name() != "postgresql":
        raise SettingError(
            "CALLCENTER_DATABASE_URL",
            f"{parsed.get_backend_name()} is not supported",
            "use PostgreSQL, or leave it empty for the built-in one",
        )
    return create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=overflow,
        pool_pre_ping=True,
        # What a failed statement was given are names, numbers and hashes of people: none of it belongs into a log.
        hide_parameters=True,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            # Compiling a statement takes longer than any of ours runs, and is decided by what it might have read.
            "options": f"-c timezone=UTC -c jit=off {_SERVER_WATCHES}",
            # A server that is gone without a word is noticed in seconds, not in the quarter of an hour that TCP takes.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
        },
    )


def any_of(values: Collection[Any]) -> CollectionAggregate[Any]:
    """`column == any_of(values)`: as `in_`, by one statement however many they are, which is prepared but once."""
    return any_(cast(list(values), ARRAY(BigInteger if all(type(value) is int for value in values) else Text)))


def ping(session: Session) -> None:
    """Raises SQLAlchemyError where the database does not answer a statement now."""
    session.execute(text("SELECT 1"))


def check_reachable(engine: Engine) -> None:
    """Raises SettingError, in one line and without the password, when the server does not answer."""
    try:
        with engine.connect():
            pass
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        where = engine.url.render_as_string(hide_password=True)
        raise SettingError(
            "CALLCENTER_DATABASE_URL",
            f"{where} does not answer ({reason})",
            "start the database or correct the address",
        ) from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """One use case: commit at the end, roll back on any error; what was announced is pushed only after the commit."""
    with Session(engine, expire_on_commit=False) as session:
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise
        push.deliver(session)


def one_view(engine: Engine) -> Engine:
    """The same engine for `reading`; a frequent reader makes it once."""
    given = engine.get_execution_options()
    return engine if "isolation_level" in given else engine.execution_options(isolation_level="REPEATABLE READ")


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent view of the data; nothing is written."""
    with Session(one_view(engine)) as session:
        try:
            yield session
        finally:
            session.rollback()


@contextmanager
def lookup(engine: Engine) -> Iterator[Session]:
    """For one statement that only reads: without a transaction around it, two round trips fewer."""
    with Session(engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        yield session


@contextmanager
def planned_anew(session: Session) -> Iterator[None]:
    """What is asked for within is planned for its own values, never prepared for any."""
    connection = session.connection().connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    usual = connection.prepare_threshold
    connection.prepare_threshold = None
    try:
        yield
    finally:
        connection.prepare_threshold = usual
