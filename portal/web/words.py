"""Words of the pages that stand in code rather than in a template."""

from orchestrator.states import Role


def _(text: str) -> str:
    """Mark a sentence as one that has a translation; it is translated where a page shows it."""
    return text


ROLES = {
    Role.DESIGNER: _("ontwerper"),
    Role.APPROVER: _("goedkeurder"),
    Role.SENDER: _("verzender"),
    Role.CODER: _("codeur"),
    Role.ANALYST: _("analist"),
    Role.MUNICIPALITY: _("lezer van de gemeente"),
    Role.BROKER: _("makelaar"),
    Role.ADMINISTRATOR: _("beheerder"),
}

PAIR_STATES = {"open": _("loopt"), "usable": _("geslaagd"), "excluded": _("telt niet mee")}

ROADS = {"phone": _("telefoon"), "portal": _("bericht op een portaal")}

EVENTS = {
    "letter.sending": _("Brief wordt verzonden"),
    "letter.sent": _("Brief verzonden"),
    "letter.not_sent": _("Brief niet weg; gaat later opnieuw"),
    "letter.refused": _("Brief geweigerd"),
    "letter.uncertain": _("Niet zeker of de brief is aangekomen"),
    "letter.released": _("Brief mocht niet gaan en wacht weer"),
    "letter.late-result": _("Laat bericht over een verzending"),
    "letter.settled": _("Vastgesteld dat de brief is aangekomen"),
    "pair.excluded": _("Test telt niet mee"),
    "reply.stored": _("Antwoord ontvangen"),
    "reply.entered": _("Antwoord met de hand ingevoerd"),
    "reply.coded": _("Antwoord gecodeerd"),
    "reply.uncoded": _("Label of twijfel teruggenomen"),
    "reply.doubted": _("Antwoord aan een ander voorgelegd"),
    "reply.masked": _("Woorden met de hand verborgen"),
    "decline.planned": _("Afmelding gepland"),
    "mail.assigned": _("Bericht door een mens geplaatst"),
    "mail.deferred": _("Bericht wacht op een mens"),
    "mail.lightened": _("Inhoud van bijlagen verwijderd"),
    "context.written": _("Toelichting van de aanbieder"),
    "context.decided": _("Over de toelichting besloten"),
}
"""What the ledger tells of a pair, by the kind of its lines."""

PURPOSES = {"learning": _("om van te leren"), "monitoring": _("om te volgen hoe het gaat")}
"""What an advertiser consented to."""

CONTEXT = {
    "al-verhuurd": _("De woning was al verhuurd"),
    "in-spam": _("De mail kwam in de spam"),
    "eigenaar-besliste": _("De eigenaar besliste, niet wij"),
    "drukte": _("Wij waren dicht of onderbezet"),
    "anders": _("Iets anders"),
}
"""What an advertiser may say was the matter with a test (`orchestrator.context`)."""

ATTEMPTS = {
    "sending": _("bezig"),
    "sent": _("aangenomen"),
    "uncertain": _("onzeker"),
    "not_sent": _("niet weg"),
    "refused": _("geweigerd"),
}

OUTCOMES = {
    "positive": _("Uitnodiging of ander positief antwoord"),
    "conditional": _("Antwoord onder voorwaarden"),
    "negative": _("Afwijzing"),
    "none": _("Zegt niets over de woning"),
}
"""What the design counts a label as, as a heading above the labels."""

ARMS = {
    "control": _("Controleprofiel"),
    "treatment": _("Testprofiel"),
    "treatment-2": _("Tweede testprofiel"),
    "treatment-3": _("Derde testprofiel"),
}

REQUEST_STATES = {
    "planned": _("nog te vragen"),
    "made": _("gevraagd en beantwoord"),
    "not_reached": _("niet bereikt"),
    "cancelled": _("niet gevraagd"),
}
"""Of a request to an office (`orchestrator.request_models`)."""

REQUEST_SHARES = {
    "refuses": _("weigert uitdrukkelijk"),
    "not_refusing": _("weigert niet uitdrukkelijk"),
    "indirect": _("waarvan: gaat er omheen"),
    "direct": _("waarvan: doet mee"),
    "evasive": _("waarvan: ontwijkt"),
}

REQUEST_FAULTS = {
    "name": _("Kies een naam van kleine letters, cijfers en streepjes."),
    "script": _("Kies wat er wordt gevraagd."),
    "testers": _("Kies minstens één persoon die belt."),
    "first_day": _("Vul de eerste dag in."),
    "last_day": _("Vul de laatste dag in."),
}

REQUEST_WHYS = (
    _("de verzoektest loopt niet"),
    _("de periode is nog niet begonnen of voorbij"),
    _("er is nu geen geldige deelname"),
    _("de aanbieder staat op pauze"),
    _("het kantoor is vandaag vrij"),
    _("het kantoor kreeg alle tests waarvoor het tekende"),
    _("er ging pas een andere test naar dit kantoor, of er volgt er zo een"),
    _("Bel niet."),
    _("De laatste dag ligt voor de eerste."),
    _("Wissel de dagen om."),
    _("Geen enkele makelaar kan in deze periode worden gevraagd."),
    _("Kies een andere periode, of werf eerst makelaars."),
    _("Kies een andere naam."),
    _("Laat een tweede persoon goedkeuren."),
    _("Zonder namen: wie er opnam, doet er niet toe."),
    _("Dit is geen domein."),
    _("Schrijf alleen het domein, bijvoorbeeld woonpost.example."),
)
"""Sentences of `orchestrator.rounds.requesting` that pages show."""

FOLLOWED = {
    "training-offered": _("Training aangeboden"),
    "training-held": _("Training gehouden"),
    "talk-held": _("Gesprek gehouden"),
    "retest-asked": _("Hertest gevraagd"),
    "retest-planned": _("Hertest gepland"),
}
"""What the register of a round tells of an office (`orchestrator.followup_models.FollowUpKind`)."""

INVITATION_STATES = {
    "offered": _("wacht op het kantoor"),
    "signed": _("wacht op de tweede handtekening"),
    "enrolled": _("doet mee"),
    "declined": _("afgewezen"),
    "revoked": _("ingetrokken"),
}
"""Of an invitation (`orchestrator.invitation_models`)."""

INVITATION_WHYS = (
    _("Vul beide in, of geen van beide."),
    _("Het kanaal formulier en een adres van het formulier horen samen."),
    _("Hier is niets gekozen, of iets dat er niet is."),
    _("Dit is geen webadres."),
    _("Schrijf het hele adres, met https:// ervoor."),
    _("Dit is geen e-mailadres."),
    _("Schrijf naam@domein."),
    _("Dit aantal tests kan niet."),
    _("Schrijf een getal van 1 tot en met 1000."),
    _("Dit zijn geen advertenties."),
    _("Schrijf hooguit 500 sleutels uit de kolom listing, of kies alle."),
    _("Deze sleutel heeft andere tekens of is te lang."),
    _("Gebruik hooguit 80 letters zonder accent, cijfers, streepjes, punten en liggende streepjes."),
    _("Een naam heeft 2 tot 200 tekens."),
    _("Geef een naam."),
    _("Deze periode is al voorbij."),
    _("Kies een latere."),
    _("Dit zijn geen dagen."),
    _("Deze installatie verzendt geen mail aan haar gebruikers."),
    _("Trek die eerst in."),
    _("Gebruik een adres van de woningaanbieder zelf."),
    _("Laat een tweede persoon van het onderzoek tekenen."),
    _("De periode waarvoor is getekend, is voorbij."),
    _("Trek de uitnodiging in en doe een nieuwe."),
    _("De aanbieder stopte na het tekenen."),
    _("Trek de uitnodiging in; de aanbieder kan om een nieuwe vragen."),
)
"""Sentences of `orchestrator.invitations` and `orchestrator.terms` that the desk's page shows."""
