"""How an advertiser gets in to its own pages, from the command line."""

from rich.console import Console

from orchestrator import own_access
from orchestrator.accounts import ADVERTISER_LINK_LASTS
from orchestrator.clock import Clock
from orchestrator.settings import Settings
from portal.commands import house
from profiles.errors import Refused
from workers.channels.desk_mail import TO_ADVERTISER, can_mail, send_link

out = Console(soft_wrap=True, markup=False, highlight=False)
REAL = Clock()


def link(key: str, email: str | None, actor: str) -> None:
    """Mail a link to this address, which is where its links go from now on; without one, print a link."""
    from portal.web.door import OWN_PAGES  # the pages take their time to load
    from portal.web.door import link as whole

    settings = Settings.from_env()
    if email is not None and not can_mail(settings):
        message = "Deze installatie verzendt geen mail aan haar gebruikers."
        raise Refused("no-desk-mail", message, "Zet PRAKTIJKTEST_DESK_SENDER en een mailserver, of laat --mail weg.")
    with house.writing() as (session, now):
        if email is not None:
            own_access.set_contact(session, key, email, actor, now)
        advertiser, token = own_access.make_link(session, key, actor, now, REAL.now())
    address, days = whole(settings.site, token, OWN_PAGES), ADVERTISER_LINK_LASTS.days
    if email is None:
        out.print(f"De eigen pagina's van {advertiser.name}, één keer, binnen {days} dagen: {address}")
    else:
        send_link(settings, advertiser.name, email.strip(), address, TO_ADVERTISER)
        out.print(f"Link voor {advertiser.name} gemaild aan {email.strip()}. Hij werkt {days} dagen, en één keer.")


def revoke(key: str, actor: str) -> None:
    with house.writing() as (session, now):
        own_access.revoke(session, key, actor, now, REAL.now())
    out.print(f"De toegang van {key} tot de eigen pagina's is ingetrokken; open links werken niet meer.")
