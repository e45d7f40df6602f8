"""New rows of several tables by one statement, without the planning and the round trips of the unit of work."""

from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, String, Text, bindparam, func, insert, inspect, select
from sqlalchemy.orm import Mapper, Session, make_transient_to_detached
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.expression import CTE

from callcenter.db import VocabularyWord

# Of each table the attributes that its rows have values of.
_Shape = tuple[tuple[Mapper[Any], tuple[str, ...]], ...]


def write(session: Session) -> None:
    """Write all rows that were added to the session, those of a table in the order of their adding.

    For a use case whose rows know each other's keys: a foreign key is an attribute like any other, and no relationship
    fills it, nor does a default of ours (`mapped_column(default=…)`). Afterwards they are as after a flush; what was
    changed beside them follows at the next one.
    """
    rows: defaultdict[Mapper[Any], list[Any]] = defaultdict(list)
    for row in session.new:
        rows[inspect(row).mapper].append(row)
    if not rows:
        return
    shape = tuple((mapper, _named(mapper, many)) for mapper, many in rows.items())
    values = {
        f"{name}_{table}": [vars(row).get(name) for row in rows[mapper]]
        for table, (mapper, names) in enumerate(shape)
        for name in names
    }
    given = session.connection().execute(_statement(shape), values).one()
    written = []
    for (mapper, many), ids in zip(rows.items(), given, strict=True):
        for row, id_ in zip(many, ids, strict=True):
            session.expunge(row)
            _complete(mapper, row, id_)
            written.append(row)
    for row in written:
        make_transient_to_detached(row)
    session.add_all(written)


def _complete(mapper: Mapper[Any], row: Any, id_: Any) -> None:
    """What the row has of the database; another value that the server gave is read where it is asked for.

    A key that the row had already stays: only those that the server gives are in the order of the rows.
    """
    key = mapper.get_property_by_column(mapper.primary_key[0]).key
    if vars(row).get(key) is None:
        set_committed_value(row, key, id_)
    for name, is_defaulted in _columns(mapper):
        if not is_defaulted and name not in vars(row):
            set_committed_value(row, name, None)


def _named(mapper: Mapper[Any], rows: list[Any]) -> tuple[str, ...]:
    """None in a column with a default of the server is that default, as it is for the unit of work."""
    return tuple(
        name
        for name, is_defaulted in _columns(mapper)
        if any((vars(row).get(name) is not None) if is_defaulted else name in vars(row) for row in rows)
    )


@cache
def _columns(mapper: Mapper[Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((each.key, each.columns[0].server_default is not None) for each in mapper.column_attrs)


@cache
def _statement(shape: _Shape) -> Select[Any]:
    """One WITH that inserts into each table; the row that it gives has an array of the ids of each.

    The values are an array a column, so that the statement is the same for any number of rows, and prepared once.
    """
    ids = [_insert(table, mapper, names).c[0] for table, (mapper, names) in enumerate(shape)]
    return select(*(select(func.array_agg(id_.op("ORDER BY")(id_))).scalar_subquery() for id_ in ids))


def _insert(table: int, mapper: Mapper[Any], names: tuple[str, ...]) -> CTE:
    columns = [mapper.columns[name] for name in names]
    arrays = [bindparam(f"{name}_{table}", type_=_array(column)) for name, column in zip(names, columns, strict=True)]
    values = func.unnest(*arrays).table_valued(*names, name=f"given_{table}").render_derived()
    rows = select(*(values.c[name] for name in names))
    return insert(mapper.entity).from_select(columns, rows).returning(*mapper.primary_key).cte(f"new_{table}")


def _array(column: ColumnElement[Any]) -> ARRAY[Any]:
    # Text without a length: a cast to VARCHAR(12) cuts off what the column refuses.
    return ARRAY(Text() if isinstance(column.type, String | VocabularyWord) else column.type)
