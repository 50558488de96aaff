"""Commands in groups, such as letters and people. As in `commands`, each imports its room when it runs."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from portal.cli.arguments import Advertiser, By, Folder, Pretest, Round

letters = typer.Typer(no_args_is_help=True, help="De brieven van een ronde: bekijken en vergelijken.")
names = typer.Typer(no_args_is_help=True, help="De namenbank: wat van de namen bekend is.")
people = typer.Typer(no_args_is_help=True, help="Wie de pagina's mag gebruiken, en waarvoor.")
requests = typer.Typer(no_args_is_help=True, help="De verzoektest: een eigenaar vraagt een kantoor een groep te weren.")
toolkit = typer.Typer(no_args_is_help=True, help="De toolkit tegen discriminatie van een kantoor.")
pretest = typer.Typer(no_args_is_help=True, help="Een vooronderzoek: mensen beoordelen namen op een openbare pagina.")
release = typer.Typer(no_args_is_help=True, help="De uitkomst van een ronde vrijgeven, in vier stappen.")
Version = Annotated[int, typer.Argument(metavar="VERSIE", min=1, help="Nummer van de versie.")]


@letters.command()
def preview(
    name: Round,
    pair: Annotated[str | None, typer.Option(help="Alleen deze test, bijvoorbeeld P-0001.")] = None,
    most: Annotated[int, typer.Option(min=1, help="Hooguit zoveel tests.")] = 3,
) -> None:
    """Toon de twee brieven van een test naast elkaar. Wie codeert, mag dit niet zien."""
    from portal.commands import letters as room

    room.preview(name, pair, most)


@letters.command("ahead")
def letters_ahead(
    name: Round,
    number: Annotated[int, typer.Option(min=1, help="Hooguit zoveel reacties.")] = 20,
) -> None:
    """Toon de volgende reacties, en waarom elk nog wacht."""
    from portal.commands import ahead

    ahead.print_ahead(name, number)


@letters.command("check")
def check_letters(name: Round) -> None:
    """Toon of de brieven van de twee profielen in meer verschillen dan het signaal."""
    from portal.commands import letters as room

    room.check(name)


@letters.command()
def recreate(
    name: Round,
    pair: Annotated[str | None, typer.Option(help="Toon ook de brieven van deze test, bijvoorbeeld P-0001.")] = None,
) -> None:
    """Schrijf alle brieven van een ronde opnieuw uit opzet en startgetal, en vergelijk ze byte voor byte."""
    from portal.commands import letters as room

    room.recreate(name, pair)


@names.command("show")
def show_names(name_set: Annotated[str | None, typer.Argument(metavar="[NAMENSET]")] = None) -> None:
    """Toon de namensets, of de namen van één set met hoe zij worden gezien."""
    from portal.commands import names as room

    room.show(name_set)


@names.command("export")
def export_names(file: Annotated[Path, typer.Argument(metavar="BESTAND.csv")]) -> None:
    """Schrijf alle namen met hun uitkomsten."""
    from portal.commands import names as room

    room.export(file)


@names.command("import")
def import_names(file: Annotated[Path, typer.Argument(metavar="BESTAND.csv")]) -> None:
    """Lees uitkomsten van een vooronderzoek in."""
    from portal.commands import names as room

    room.take_in(file)


@pretest.command("open")
def open_pretest(
    name: Pretest,
    by: By,
    sets: Annotated[str, typer.Option(help="De namensets, met komma's ertussen.")] = "dutch,moroccan",
    per_rater: Annotated[int, typer.Option(help="Zoveel namen krijgt elke beoordelaar.")] = 12,
    seed: Annotated[int | None, typer.Option(help="Startgetal van de volgorden; anders geloot.")] = None,
) -> None:
    """Open een vooronderzoek; het adres van de pagina wordt getoond."""
    from portal.commands import pretests as room

    room.start(name, sets, per_rater, by, seed)


@pretest.command("close")
def close_pretest(name: Pretest, by: By) -> None:
    """Sluit een vooronderzoek; daarna is de uitkomst te zien."""
    from portal.commands import pretests as room

    room.close(name, by)


@pretest.command("status")
def pretest_status(name: Pretest) -> None:
    """Toon hoeveel mensen hebben meegedaan."""
    from portal.commands import pretests as room

    room.status(name)


@pretest.command("result")
def pretest_result(
    name: Pretest,
    out: Annotated[Path | None, typer.Option(help="CSV waarin de uitkomsten komen, voor names import.")] = None,
) -> None:
    """Toon per naam en per set hoe zij worden gezien."""
    from portal.commands import pretests as room

    room.result(name, out)


@people.command("add")
def add_person(
    name: Annotated[str, typer.Argument(metavar="NAAM", help="Zo staat wie iets doet in het logboek.")],
    email: Annotated[str, typer.Option(help="Waarheen een link gaat.")],
    role: Annotated[list[str], typer.Option(help="Een rol; herhaal voor meer.")],
    by: By,
) -> None:
    """Voeg iemand toe. Rollen: designer, approver, sender, coder, analyst, municipality, administrator."""
    from portal.commands import people as room

    room.add(name, email, role, by)


@people.command("list")
def list_people() -> None:
    """Toon wie er zijn, met welke rollen, en wanneer zij voor het laatst zijn gezien."""
    from portal.commands import people as room

    room.show()


@people.command("revoke")
def revoke_person(name: Annotated[str, typer.Argument(metavar="NAAM")], by: By) -> None:
    """Trek iemands toegang in: die is meteen afgemeld en kan niet meer aanmelden."""
    from portal.commands import people as room

    room.revoke(name, by)


@people.command("sessions")
def list_sessions(name: Annotated[str, typer.Argument(metavar="NAAM")]) -> None:
    """Toon waar iemand is aangemeld."""
    from portal.commands import people as room

    room.sessions(name)


@people.command("sign-out")
def sign_out_person(name: Annotated[str, typer.Argument(metavar="NAAM")], by: By) -> None:
    """Meld iemand overal af; die kan zich opnieuw aanmelden."""
    from portal.commands import people as room

    room.sign_out(name, by)


@people.command("reset-factor")
def reset_factor(name: Annotated[str, typer.Argument(metavar="NAAM")], by: By) -> None:
    """Koppel iemands code-app los, bijvoorbeeld als de telefoon weg is; bij het aanmelden komt er een nieuwe."""
    from portal.commands import people as room

    room.reset_factor(name, by)


RequestTest = Annotated[str, typer.Argument(metavar="VERZOEKTEST", help="Naam van de verzoektest.")]


@requests.command("scripts")
def request_scripts() -> None:
    """Toon de scripts en de codes."""
    from portal.commands import requests as room

    room.scripts()


@requests.command("plan")
def plan_requests(
    name: RequestTest,
    script: Annotated[str, typer.Option(help="Sleutel van het script; de nieuwste versie geldt.")],
    participants: Annotated[Path, typer.Option(help="CSV met deelnemers, zoals bij plan.")],
    first_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Eerste dag.")],
    last_day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Laatste dag.")],
    by: By,
    tester: Annotated[list[str] | None, typer.Option(help="Wie belt; herhaal voor meer testers.")] = None,
    mail_domain: Annotated[str | None, typer.Option(help="Vraag per mail, van adressen op dit domein.")] = None,
    live: Annotated[bool, typer.Option(help="De mails gaan echt naar de kantoren.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Startgetal van de verdeling.")] = 1,
) -> None:
    """Plan een verzoek aan elk kantoor van de lijst, per telefoon door testers of per mail, verdeeld over werkdagen."""
    from portal.commands import requests as room

    how = room.How(tuple(tester or ()), mail_domain, live, seed)
    room.plan(name, script, participants, (first_day.date(), last_day.date()), how, by)


@requests.command("approve")
def approve_requests(name: RequestTest, by: By) -> None:
    """Keur een verzoektest goed, als een ander dan wie haar plande."""
    from portal.commands import requests as room

    room.step(name, by, "approve")


@requests.command("start")
def start_requests(name: RequestTest, by: By) -> None:
    """Start een goedgekeurde verzoektest."""
    from portal.commands import requests as room

    room.step(name, by, "start")


@requests.command("sheet")
def request_sheet(name: RequestTest, by: By) -> None:
    """Toon een tester wat te zeggen en wie nog te bellen, en wie nu niet mag."""
    from portal.commands import requests as room

    room.sheet(name, by)


@requests.command("call")
def request_call(
    name: RequestTest,
    advertiser: Advertiser,
    by: By,
    said: Annotated[str | None, typer.Option(help="Wat er is geantwoord, zonder namen; anders: niet bereikt.")] = None,
) -> None:
    """Noteer een gesprek, of een poging waarbij niemand opnam."""
    from portal.commands import requests as room

    room.call(name, advertiser, said, by)


@requests.command("queue")
def request_queue(name: RequestTest, by: By) -> None:
    """Toon de antwoorden die op deze codeur wachten, zonder kantoor of tester."""
    from portal.commands import requests as room

    room.queue(name, by)


@requests.command("code")
def request_code(
    number: Annotated[int, typer.Argument(metavar="NUMMER")],
    code: Annotated[str, typer.Argument(metavar="CODE", help="Zie requests scripts.")],
    by: By,
) -> None:
    """Codeer een antwoord; twee gelijke codes zijn het besluit, anders beslist een derde."""
    from portal.commands import requests as room

    room.code(number, code, by)


@requests.command("close")
def close_requests(name: RequestTest, by: By) -> None:
    """Sluit een verzoektest waarvan alles is gecodeerd; wie niet gevraagd is, valt af."""
    from portal.commands import requests as room

    room.step(name, by, "close")


@requests.command("report")
def request_report(
    name: RequestTest,
    as_json: Annotated[bool, typer.Option("--json", help="Als JSON.")] = False,
) -> None:
    """Toon van een gesloten verzoektest de aandelen met hun marge."""
    from portal.commands import requests as room

    room.report(name, as_json=as_json)


@toolkit.command("make")
def make_toolkit(
    office: Annotated[Path, typer.Argument(metavar="KANTOOR.yaml", help="Wat het kantoor over zichzelf vertelt.")],
    kind: Annotated[str, typer.Option("--format", help="html, pdf of docx.")] = "pdf",
    out: Folder = Path("toolkit"),
) -> None:
    """Maak de documenten van de toolkit voor een kantoor, en zeg wat er nog aan ontbreekt."""
    from portal.commands import toolkit as room

    room.make(office, kind, out)


Part = Annotated[str, typer.Argument(metavar="ONDERDEEL", help="Onderdeel van de toolkit, bijvoorbeeld statement.")]
User = Annotated[str, typer.Argument(metavar="AANBIEDER", help="Code uit de kolom advertiser.")]


@toolkit.command("use")
def use_toolkit(
    advertiser: User,
    part: Part,
    by: By,
    url: Annotated[str, typer.Option(help="Waar het staat: een webadres.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Sinds welke dag.")],
) -> None:
    """Noteer dat een deelnemer een onderdeel gebruikt, waar het staat en sinds wanneer."""
    from portal.commands import toolkit as room

    room.use(advertiser, part, url, since, by)


@toolkit.command("end")
def end_toolkit(advertiser: User, part: Part, by: By) -> None:
    """Noteer dat een deelnemer een onderdeel niet meer gebruikt."""
    from portal.commands import toolkit as room

    room.end(advertiser, part, by)


@toolkit.command("uptake")
def toolkit_uptake() -> None:
    """Toon hoeveel deelnemers elk onderdeel gebruiken, van allen samen."""
    from portal.commands import toolkit as room

    room.print_uptake()


@release.command("draft")
def draft_release(
    name: Round, by: By, reason: Annotated[str | None, typer.Option(help="Waarom er een nieuwe versie komt.")] = None
) -> None:
    """Maak een concept van wat de gemeente te lezen krijgt."""
    from portal.commands import releasing

    releasing.draft(name, by, reason)


@release.command("sign")
def sign_release(name: Round, number: Version, by: By) -> None:
    """Onderteken een concept; niet door wie het maakte. Daarna kan de gemeente het lezen."""
    from portal.commands import releasing

    releasing.sign(name, number, by)


@release.command("read")
def read_release(
    name: Round, number: Version, by: By, remark: Annotated[str, typer.Option(help="Wat de gemeente opmerkt.")] = ""
) -> None:
    """Noteer dat de gemeente een ondertekende versie las."""
    from portal.commands import releasing

    releasing.read(name, number, by, remark)


@release.command("publish")
def publish_release(name: Round, number: Version, by: By) -> None:
    """Geef een gelezen versie vrij; niet door wie haar ondertekende of de ronde plande."""
    from portal.commands import releasing

    releasing.publish(name, number, by)


@release.command("show")
def show_releases(name: Round) -> None:
    """Toon de versies van een ronde en wie welke stap nam."""
    from portal.commands import releasing

    releasing.show(name)


@release.command("write")
def write_release(
    name: Round,
    number: Version,
    out: Folder = Path("uitkomst"),
    kind: Annotated[str | None, typer.Option("--format", help="json, csv of pdf; anders json en csv.")] = None,
    language: Annotated[str, typer.Option(help="Taal van de PDF: nl of en.")] = "nl",
) -> None:
    """Schrijf het vastgelegde document als JSON en als tabel (CSV), of op papier (PDF)."""
    from portal.commands import releasing

    releasing.write(name, number, out, kind, language)


@release.command("bundle")
def bundle_release(
    name: Round, number: Version, out: Annotated[Path, typer.Option(metavar="BESTAND.zip")] = Path("vrijgave.zip")
) -> None:
    """Schrijf het vrijgavebestand: alles waarvan elk bestand van een versie opnieuw te maken is."""
    from portal.commands import sealing

    sealing.bundle(name, number, out)


@release.command("verify")
def verify_release(
    path: Annotated[Path, typer.Argument(metavar="BESTAND", help="Een vrijgavebestand (.zip) of een bewijs (.json).")],
    files: Annotated[list[Path] | None, typer.Option("--file", help="Is dit bestand er een van? Mag vaker.")] = None,
    out: Annotated[Path | None, typer.Option(help="Map om elk bestand opnieuw in te maken.")] = None,
) -> None:
    """Reken een vrijgave na, zonder database: het zegel, en byte voor byte elk bestand dat eronder ligt."""
    from portal.commands import sealing

    sealing.verify(path, files or [], out)


@release.command("open-data")
def write_open_data(name: Round, number: Version, out: Folder = Path("open-data")) -> None:
    """Schrijf de open data van een vrijgegeven versie: cijfers, datapakket en DCAT-beschrijving."""
    from portal.commands import releasing

    releasing.open_data(name, number, out)
