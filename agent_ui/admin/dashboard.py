"""Administration home page: missing set-up, state of the processes, last changes."""

from agent_ui import frame
from agent_ui.admin import machine
from agent_ui.admin.base import blueprint
from agent_ui.web import site
from agent_ui.web.auth import may
from tickets.administration import attention
from tickets.administration import people as accounts
from tickets.desk import queries
from tickets.life import records
from tickets.life.records import Wanted
from tickets.rights import Right


@blueprint.get("/")
@may(Right.SEE_SYSTEM)
def overview() -> str:
    now = site.now()
    with site.reading() as session:
        version, size = attention.database_size(session)
        return frame.page(
            session,
            "admin/overview.html",
            lacks=attention.lacks(session, now),
            promises=attention.promises(session),
            pbxs=queries.pbx_states(session),
            named=site.site().settings.pbx,
            database={"version": version, "size": size},
            broker=machine.broker(now),
            disk=machine.disk(),
            version=machine.version(),
            people=accounts.count_in_use(session),
            changes=records.changes(session, Wanted(), limit=8),
        )
