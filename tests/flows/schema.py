"""The schema of a database as lines of text that can be compared: a line for each thing that PostgreSQL knows of it."""

from sqlalchemy import Connection, text

_COLUMNS = """
SELECT format('column %s.%s %s', relname, attname, format_type(atttypid, atttypmod))
  || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
  || CASE attidentity WHEN '' THEN '' ELSE ' IDENTITY ' || attidentity::text END
  || CASE attgenerated WHEN '' THEN '' ELSE ' GENERATED ' || attgenerated::text END
  || CASE WHEN attcollation NOT IN (0, 100) THEN ' COLLATION ' || attcollation::regcollation::text ELSE '' END
  || COALESCE(' = ' || pg_get_expr(adbin, adrelid), '')
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
ORDER BY relname, attnum
"""
_CONSTRAINTS = """
SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
"""
_INDEXES = "SELECT format('index %s', indexdef) FROM pg_indexes WHERE schemaname = 'public'"
_TRIGGERS = """
SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
"""
_FUNCTIONS = """
SELECT format('function %s', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
_OTHERS = """
SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'sequence' ELSE 'relation ' || relkind::text END, relname)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'i')
"""
_TYPES = """
SELECT format('type %s', typname) FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
"""
_EXTENSIONS = "SELECT format('extension %s', extname) FROM pg_extension"
_SECTIONS = (_CONSTRAINTS, _INDEXES, _TRIGGERS, _FUNCTIONS, _OTHERS, _TYPES, _EXTENSIONS)


def listing(connection: Connection) -> list[str]:
    """Columns in their order, constraints, indexes, triggers, functions, sequences, types; then each row that is there.

    Written for the built-in PostgreSQL: another version may word the same expression in another way.
    """
    lines = list(connection.scalars(text(_COLUMNS)))
    for section in _SECTIONS:
        lines += sorted(connection.scalars(text(section)))
    return [one for line in lines for one in line.splitlines()] + _rows(connection)


def _rows(connection: Connection) -> list[str]:
    names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
    return [
        f"row {name} {row}"
        for name in names
        if name != "alembic_version"
        for row in connection.scalars(text(f"SELECT to_jsonb({name})::text FROM {name} ORDER BY 1"))
    ]
