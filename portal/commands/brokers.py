"""How an advertiser gets in to its own pages, from the command line."""

import json
import os
from pathlib import Path

from rich.console import Console

from orchestrator import own_access, own_data
from orchestrator.accounts import ADVERTISER_LINK_LASTS
from orchestrator.clock import Clock
from orchestrator.settings import Settings
from portal.commands import house
from profiles.errors import Refused
from results.bundle import zipped
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


def data(key: str, file: Path) -> None:
    """Write all that is held about an advertiser to a zip, for its owner alone; raise `Refused` when it is there."""
    with house.reading() as (session, _):
        told = own_data.held(session, key)
    content = zipped({"gegevens.json": json.dumps(told, ensure_ascii=False, indent=2, default=str).encode()})
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
    except OSError as error:
        message = f"Bestand {file} kan niet worden geschreven ({error.strerror})."
        raise Refused("cannot-write", message, "Kies een naam die er nog niet is.") from error
    out.print(f"Alles over {key} staat in {file}. Het is voor die aanbieder: geef het aan niemand anders.")
