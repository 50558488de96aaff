"""The command line: how everything is called. What it does is in `portal.commands` and `portal.demo`.

Each command imports its room when it runs: statistics and the task queue take seconds to load, and `--help` must not.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.garbage import collect_less
from portal.cli import api_tokens, brokers, followup, groups, invitations, statistics, upkeep
from portal.cli.arguments import Advertiser, By, Folder, Reason, Round
from profiles.errors import BadInput, PraktijktestError, Refused

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Praktijktests op de huurmarkt: plannen, verzenden, coderen, vergelijken en rapporteren.",
)
app.add_typer(groups.letters, name="letters")
app.add_typer(groups.names, name="names")
app.add_typer(groups.pretest, name="pretest")
app.add_typer(groups.people, name="people")
app.add_typer(groups.requests, name="requests")
app.add_typer(groups.toolkit, name="toolkit")
app.add_typer(groups.release, name="release")
app.add_typer(brokers.broker, name="broker")
app.add_typer(invitations.invitation, name="invitation")
app.add_typer(followup.followup, name="followup")
app.add_typer(upkeep.ledger, name="ledger")
app.add_typer(upkeep.keys, name="keys")
app.add_typer(upkeep.retention, name="retention")
app.command()(upkeep.doctor)
app.command()(upkeep.bench)
app.add_typer(api_tokens.token, name="api-token")
app.command()(statistics.analyse)
app.command()(statistics.power)


def main() -> None:
    """Run a command; exit 0 when done, 2 for what the user can mend, 1 for anything else."""
    collect_less()
    try:
        app()
    except PraktijktestError as error:
        print(error, file=sys.stderr)
        sys.exit(2 if isinstance(error, BadInput | Refused) else 1)


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Toeval van ronde en markt.")] = 1,
    pairs: Annotated[int, typer.Option(min=1, help="Aantal tests.")] = 240,
    bias: Annotated[float, typer.Option(min=0.0, max=0.35, help="Nettoverschil van de markt (0.15: 15 punten)")] = 0.15,
    out: Annotated[Path | None, typer.Option(help="Map voor database en rapporten.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Blijf draaien en toon de pagina's.")] = False,
    seconds: Annotated[float, typer.Option(min=10, help="Hoeveel seconden de zes weken duren.")] = 33.0,
) -> None:
    """Speel een hele ronde na op een gesimuleerde markt, in minder dan een minuut."""
    from portal import demo as room

    room.run(room.Wishes(seed=seed, pairs=pairs, bias=bias, out=out, serve=serve, seconds=seconds))


@app.command()
def rehearse(
    design: Annotated[Path, typer.Argument(metavar="OPZET.yaml", help="De onderzoeksopzet.")],
    participants: Annotated[Path, typer.Option(help="CSV met deelnemers.")],
    listings: Annotated[Path, typer.Option(help="CSV met advertenties.")],
    bias: Annotated[float, typer.Option(help="Nettoverschil van de markt (0.15: 15 punten).")] = 0.15,
    base: Annotated[tuple[float, float], typer.Option(help="Kans van het controleprofiel: laagste en hoogste.")] = (
        0.35,
        0.6,
    ),
    shared: Annotated[float, typer.Option(help="Deel van de advertenties met één stemming voor beide.")] = 0.6,
    carriers: Annotated[float, typer.Option(help="Deel van de aanbieders dat het verschil maakt.")] = 0.4,
    doubts: Annotated[float, typer.Option(help="Deel van de niet-uitnodigingen dat naar een test vraagt.")] = 0.02,
    uncertain: Annotated[float, typer.Option(help="Deel van de tests waarvan de verzending onzeker blijft.")] = 0.01,
    rounds: Annotated[int, typer.Option(min=1, max=100_000, help="Zoveel rondes zonder mail.")] = 1000,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help="Ook één ronde met echte mail.")] = True,
    seconds: Annotated[float, typer.Option(min=10, help="Hoeveel seconden de ronde met mail duurt.")] = 60.0,
    out: Annotated[Path | None, typer.Option(help="Map voor de ronde met mail.")] = None,
    form: Annotated[str, typer.Option("--format", help="table of json.")] = "table",
) -> None:
    """Probeer een opzet uit op de gesimuleerde markt: wat vindt zij, wat vraagt zij, wat blijft verborgen."""
    from portal.commands import rehearsing
    from portal.rehearsal import Wishes

    wishes = Wishes(bias, base, shared, carriers, doubts, uncertain, rounds, mail, seconds, out)
    rehearsing.run(design, participants, listings, wishes, form)


@app.command()
def plan(
    design: Annotated[Path, typer.Argument(metavar="OPZET.yaml", help="De onderzoeksopzet.")],
    participants: Annotated[Path, typer.Option(help="CSV met deelnemers.")],
    listings: Annotated[Path, typer.Option(help="CSV met advertenties.")],
    by: By,
    forms: Annotated[Path | None, typer.Option(help="YAML met de formulieren van deelnemers.")] = None,
    perceptions: Annotated[Path | None, typer.Option(help="CSV met uitkomsten van een vooronderzoek.")] = None,
) -> None:
    """Plan een ronde: loot, schrijf de brieven, leg de tijden vast."""
    from portal.commands import steps

    steps.plan(design, participants, listings, by, forms, perceptions)


@app.command()
def balance(name: Round) -> None:
    """Toon of de loting van een ronde gelijk uitviel: wie eerst schrijft, en in welke woorden."""
    from portal.commands import letters as room

    room.balance(name)


@app.command()
def checklist(name: Round) -> None:
    """Toon wat in orde moet zijn voordat een ronde wordt goedgekeurd."""
    from portal.commands import readying

    readying.show(name)


@app.command()
def waive(name: Round, by: By, reason: Reason) -> None:
    """Leg vast waarom het onderscheidend vermogen van een geplande ronde toch genoeg is."""
    from portal.commands import readying

    readying.waive(name, by, reason)


@app.command("trial-mail")
def trial_mail(name: Round, by: By) -> None:
    """Stuur een bericht naar de eigen mailbox; praktijktest checklist zegt of het terug is."""
    from portal.commands import readying

    readying.trial_mail(name, by)


@app.command()
def approve(name: Round, by: By) -> None:
    """Keur een geplande ronde goed; niet door wie haar plande."""
    from portal.commands import steps

    steps.approve(name, by)


@app.command()
def start(name: Round, by: By) -> None:
    """Start een goedgekeurde ronde."""
    from portal.commands import steps

    steps.start(name, by)


@app.command()
def run(
    speed: Annotated[float, typer.Option(min=1.0, help="Versnelde klok, alleen voor een oefenronde.")] = 1.0,
    begin: Annotated[str | None, typer.Option("--from", help="Begin van de versnelde klok (ISO-datum).")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Poort van de pagina's")] = None,
) -> None:
    """Doe het werk: pagina's, verzending, ontvangst en klok in één proces. Stop met Ctrl-C."""
    from portal.commands import running

    running.run(speed, begin, port)


@app.command()
def status(name: Annotated[str | None, typer.Argument(metavar="[RONDE]")] = None) -> None:
    """Toon hoe een ronde ervoor staat; zonder ronde wat er werkt en wat niet, en alle rondes."""
    from portal.commands import steps

    steps.status(name)


@app.command()
def pause(name: Round, by: By, reason: Reason = "geen reden opgegeven") -> None:
    """Pauzeer een ronde; werkt bij de eerstvolgende brief."""
    from portal.commands import steps

    steps.pause(name, by, reason)


@app.command()
def resume(name: Round, by: By) -> None:
    """Hervat een gepauzeerde ronde."""
    from portal.commands import steps

    steps.resume(name, by)


@app.command()
def close(name: Round, by: By, reason: Annotated[str | None, typer.Option(help="Waarom voortijdig.")] = None) -> None:
    """Sluit een ronde na de antwoordtermijn, of eerder met een reden."""
    from portal.commands import steps

    steps.close(name, by, reason)


@app.command()
def abort(name: Round, by: By, reason: Reason) -> None:
    """Breek een ronde af; er gaat niets meer uit."""
    from portal.commands import steps

    steps.abort(name, by, reason)


@app.command()
def withdraw(advertiser: Advertiser, by: By) -> None:
    """Trek de deelname van een woningaanbieder in; werkt meteen."""
    from portal.commands import steps

    steps.withdraw(advertiser, by)


@app.command()
def holds() -> None:
    """Toon welke woningaanbieders een pauze hebben, en waarom."""
    from portal.commands import advertisers

    advertisers.print_holds()


@app.command()
def hold(advertiser: Advertiser, by: By, reason: Reason) -> None:
    """Geef een woningaanbieder een pauze: geen reacties, wel afmeldingen; werkt bij de eerstvolgende brief."""
    from portal.commands import advertisers

    advertisers.hold(advertiser, by, reason)


@app.command()
def lift(advertiser: Advertiser, by: By) -> None:
    """Hef de pauze van een woningaanbieder op, nadat u hebt gekeken."""
    from portal.commands import advertisers

    advertisers.lift(advertiser, by)


@app.command("days-off")
def days_off(
    advertiser: Advertiser,
    by: By,
    days: Annotated[str, typer.Argument(metavar="DAGEN", help="2026-10-12..2026-10-16; 2026-12-24")] = "",
) -> None:
    """Leg vast op welke dagen een woningaanbieder geen reacties krijgt, in plaats van wat er stond; leeg is geen."""
    from portal.commands import advertisers

    advertisers.days_off(advertiser, days, by)


@app.command()
def detection(name: Round) -> None:
    """Toon per woningaanbieder wat de test kan verraden: namen, teksten, regelmaat en vragen."""
    from portal.commands import advertisers

    advertisers.print_detection(name)


@app.command()
def burden(name: Round) -> None:
    """Toon per woningaanbieder wat de ronde vraagt: reacties, minuten en bezichtigingen."""
    from portal.commands import advertisers

    advertisers.print_burden(name)


@app.command()
def stop(by: By, reason: Reason) -> None:
    """Noodstop: alle verzending van deze installatie uit, ook afmeldingen."""
    from portal.commands import steps

    steps.sending(False, by, reason)


@app.command()
def reopen(by: By) -> None:
    """Zet de verzending na een noodstop weer open."""
    from portal.commands import steps

    steps.sending(True, by, None)


@app.command()
def backup(file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Het nieuwe bestand.")]) -> None:
    """Maak een back-up van de database; het werk mag doorgaan."""
    from portal.commands import backups

    backups.save(file)


@app.command()
def restore(file: Annotated[Path, typer.Argument(metavar="BESTAND", help="Een back-up.")], by: By) -> None:
    """Zet een back-up van een SQLite-database terug; er gaat niets uit tot reconcile."""
    from portal.commands import backups

    backups.put_back(file, by)


@app.command()
def restored(by: By) -> None:
    """Meld dat de database op een andere manier is teruggezet, bijvoorbeeld met pg_restore."""
    from portal.commands import backups

    backups.told(by)


@app.command()
def reconcile(by: By) -> None:
    """Ga na een teruggezette back-up na wat al weg was, en zet de verzending weer open."""
    from portal.commands import backups

    backups.reconcile(by)


@app.command()
def queue(name: Round, by: By) -> None:
    """Toon de antwoorden die op jouw code wachten, zonder wie de kandidaat was."""
    from portal.commands import steps

    steps.queue(name, by)


@app.command()
def code(
    reply: Annotated[int, typer.Argument(metavar="NUMMER")],
    label: Annotated[str, typer.Argument(metavar="LABEL")],
    by: By,
) -> None:
    """Codeer een antwoord; twee gelijke codes zijn beslissend, anders beslist een derde."""
    from portal.commands import steps

    steps.code(reply, label, by)


@app.command()
def deferred() -> None:
    """Toon berichten die bij geen reactie pasten; een mens geeft ze hun plaats."""
    from portal.commands import steps

    steps.deferred()


@app.command()
def assign(
    mail: Annotated[int, typer.Argument(metavar="BERICHT")],
    name: Round,
    pair: Annotated[str, typer.Argument(metavar="TEST", help="Bijvoorbeeld P-0012.")],
    order: Annotated[int, typer.Argument(metavar="VOLGORDE", min=1, max=2, help="1 of 2.")],
    by: By,
) -> None:
    """Geef een niet toegewezen bericht zijn plaats."""
    from portal.commands import steps

    steps.assign(mail, name, pair, order, by)


@app.command()
def look(name: Round, by: By) -> None:
    """Open de volgende vastgelegde tussenstand van een lopende ronde, of toon de laatste die is geopend."""
    from portal.commands import looking

    looking.look(name, by)


@app.command()
def report(
    name: Round,
    audience: Annotated[str, typer.Option(help="researcher, municipality of broker.")],
    advertiser: Annotated[str | None, typer.Option(help="Eén woningaanbieder; anders allemaal.")] = None,
    out: Folder = Path("rapporten"),
    kind: Annotated[str, typer.Option("--format", help="html of pdf.")] = "html",
    language: Annotated[str, typer.Option(help="nl of en.")] = "nl",
) -> None:
    """Schrijf het rapport voor onderzoeker, gemeente of makelaar."""
    from portal.commands import outputs

    outputs.report(name, audience, advertiser, out, kind, language)


@app.command()
def export(name: Round, out: Folder = Path("export")) -> None:
    """Schrijf results.json en pairs.csv, en van een gesloten ronde het hele onderzoeksbestand (zip)."""
    from portal.commands import outputs

    outputs.export(name, out)


@app.command()
def verify(path: Annotated[Path, typer.Argument(metavar="BESTAND.zip")]) -> None:
    """Reken een onderzoeksbestand na: elk bestand, de opzet en de uitkomst."""
    from portal.commands import outputs

    outputs.verify(path)


@app.command()
def schema() -> None:
    """Toon het JSON Schema van de onderzoeksopzet."""
    from portal.commands import steps

    steps.schema()


@app.command()
def migrate() -> None:
    """Maak de database aan of breng haar op de hoogte van deze versie."""
    from portal.commands import house

    house.open_database()


@app.command()
def recount() -> None:
    """Tel na wat de pagina's aan tellingen tonen, en zet recht wat niet klopt."""
    from portal.commands import house

    house.recount()


@app.command()
def web() -> None:
    """Alleen de pagina's (productie)."""
    from portal.commands import running

    running.web()


@app.command("sign-in")
def sign_in(name: Annotated[str, typer.Argument(metavar="NAAM", help="Wie zich aanmeldt.")], by: By) -> None:
    """Druk een link af waarmee iemand zich één keer aanmeldt op de pagina's."""
    from portal.commands import people

    people.sign_in(name, by)


@app.command()
def worker(
    queue: Annotated[str, typer.Argument(metavar="WACHTRIJ", help="send, inbox of reports.")],
    processes: Annotated[
        int, typer.Option("--processes", metavar="AANTAL", min=1, help="Zoveel processen naast elkaar aan het werk.")
    ] = 1,
) -> None:
    """Een werkproces voor één wachtrij, of een groep daarvan (productie, met Redis)."""
    from portal.commands import working

    working.worker(queue, processes)


@app.command()
def beat() -> None:
    """De klok die de werkprocessen wekt (productie, met Redis)."""
    from portal.commands import ticking

    ticking.beat()


_AS_GIVEN = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


@app.command(context_settings=_AS_GIVEN)
def market(context: typer.Context) -> None:
    """Start de gesimuleerde huurmarkt (praktijktest market --help)."""
    from portal.commands import programs

    programs.market(context.args)


@app.command(context_settings=_AS_GIVEN)
def test(context: typer.Context) -> None:
    """Draai de tests van dit product; opties gaan naar pytest."""
    from portal.commands import programs

    programs.test(context.args)
