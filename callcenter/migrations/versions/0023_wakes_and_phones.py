"""Inserts into the outbox notify the relay; indexes by extension on PBX commands and outgoing calls."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION wake_relay() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN NOTIFY outbox; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER outbox_wakes AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION wake_relay()"
    )
    op.create_index("ix_pbx_command_extension_id", "pbx_command", ["extension", "id"])
    op.create_index("ix_outgoing_call_extension_id", "outgoing_call", ["extension", "id"])


def downgrade() -> None:
    op.drop_index("ix_outgoing_call_extension_id", "outgoing_call")
    op.drop_index("ix_pbx_command_extension_id", "pbx_command")
    op.execute("DROP TRIGGER outbox_wakes ON outbox")
    op.execute("DROP FUNCTION wake_relay()")
