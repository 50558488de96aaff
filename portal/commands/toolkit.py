"""The toolkit of an office as files, what it still misses, and how many participants use it."""

import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from rich.console import Console

from orchestrator import toolkit_uses
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.outputs import STATIC
from profiles.errors import BadInput, Problem
from results import formats, toolkit
from results.paper import Paper, typeset
from results.reports.render import page
from results.toolkit.logo import kind_of, read_logo
from results.toolkit.making import missing_lines
from results.toolkit.uptake import told
from results.toolkit.word import written

out = Console(soft_wrap=True, markup=False, highlight=False)
WRITERS: Mapping[str, Callable[[Paper], bytes]] = {
    "html": lambda paper: _page(paper).encode(),
    "pdf": typeset,
    "docx": written,
}


def make(path: Path, kind: str, folder: Path) -> None:
    """Write every document of an office's toolkit; print how complete each is and what it misses."""
    if kind not in WRITERS:
        known = ", ".join(WRITERS)
        raise BadInput(Problem("unknown-format", "Deze vorm kennen we niet.", found=kind, remedy=f"Kies {known}."))
    office = toolkit.read_office(house.must_exist(path))
    logo = read_logo(path.parent / office.logo) if office.logo else None
    documents = toolkit.made(_texts(), office, logo)
    contents = {f"{made.key}.{kind}": WRITERS[kind](made.paper) for made in documents}
    house.make_folder(folder)
    if kind == "html":
        shutil.copytree(STATIC, folder / "stijl", dirs_exist_ok=True)
        contents |= {_logo_name(logo): logo} if logo else {}
    for name, content in contents.items():
        house.write(folder / name, content)
        out.print(f"Geschreven: {folder / name}")
    for line in missing_lines(documents):
        out.print(line)


def use(advertiser: str, part: str, url: str, since: datetime, actor: str) -> None:
    """Note that a participant uses a part of the toolkit; raise `BadInput` for a part that does not exist."""
    _known(part)
    with house.writing() as (session, now):
        toolkit_uses.tell(session, advertiser, part, url, since.date(), actor, now)
    out.print(f"Genoteerd: {advertiser} gebruikt '{part}' sinds {formats.day(since.date())}.")


def end(advertiser: str, part: str, actor: str) -> None:
    """Note that a participant no longer uses a part."""
    with house.writing() as (session, now):
        toolkit_uses.end(session, advertiser, part, actor, now)
    out.print(f"Genoteerd: {advertiser} gebruikt '{part}' niet meer.")


def print_uptake() -> None:
    """Print how many of all participants use each part; never who."""
    with house.reading() as (session, now):
        found = toolkit_uses.uptake(session, now)
    for each in told(found, _texts()):
        out.print(f"  {each.name:38} {each.many} van {each.of} ({formats.percent(each.many / each.of)})")


def _texts() -> toolkit.Texts:
    return toolkit.read_texts(Settings.from_env().toolkit_texts)


def _known(part: str) -> None:
    known = [each.key for each in _texts().parts]
    if part not in known:
        message, remedy = "Dit onderdeel heeft de toolkit niet.", f"Kies uit: {', '.join(known)}."
        raise BadInput(Problem("unknown-part", message, found=part, remedy=remedy))


def _page(paper: Paper) -> str:
    logo = _logo_name(paper.logo) if paper.logo else None
    return page("toolkit.html", paper=paper, blocks=paper.data()["blocks"], assets="stijl", logo=logo)


def _logo_name(logo: bytes) -> str:
    return f"logo.{kind_of(logo)}"
