"""Whether participants and listings can be tested by a design: consent, purpose, advertisers, what a signal needs."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches

from orchestrator import suitability
from orchestrator.assignment import stratum_of
from orchestrator.design import DeclaredFeed, Design
from orchestrator.design.places import Located, located
from orchestrator.intake import Channel, ListingRow, Participant, without_participant
from profiles.catalogue import load
from profiles.errors import Problem


def check_intake(
    design: Design, participants: Sequence[Participant], listings: Sequence[ListingRow]
) -> tuple[Problem, ...]:
    """Why these participants and listings cannot be tested by this design; empty when they can."""
    unfit = [problem for participant in participants for problem in _unfit(design, participant)]
    willing = {participant.advertiser for participant in participants if not any(_unfit(design, participant))}
    # Asked for every listing, hence no list; in their order, so that of two names as near the same one is proposed.
    known = dict.fromkeys(participant.advertiser for participant in participants)
    strangers = [_stranger(listing, known) for listing in listings if listing.advertiser not in known]
    strangers += [
        _feed_of_a_stranger(feed, known) for feed in design.sample.feeds if feed.advertiser not in ("", *known)
    ]
    theirs = [listing for listing in listings if listing.advertiser in willing]
    if not any(suitability.suits(design.signal.needs, listing) for listing in theirs):
        strangers.append(_nothing_suits(design) if theirs else _nothing_to_test())
    return (*unfit, *strangers, *_beyond_income(design, theirs))


def short_quotas(
    design: Design, participants: Sequence[Participant], listings: Sequence[ListingRow], chosen: Collection[str]
) -> Iterator[Located]:
    """The quotas that the chosen listings do not fill; a round that grows from feeds may fill them later."""
    kinds = {each.advertiser: each.kind.value for each in participants}
    strata = {each.listing: stratum_of(design, each.district, kinds[each.advertiser]) for each in listings}
    found = Counter(strata[key] for key in chosen)
    for stratum, wanted in design.sample.quotas.items() if not design.sample.feeds else ():
        if found[stratum] < wanted:
            offered = sum(each == stratum for each in strata.values())
            message = "Zoveel tests kunnen er in dit stratum niet komen."
            told = f"{wanted} gevraagd, {found[stratum]} mogelijk ({offered} advertenties)"
            remedy = "Verlaag het quotum, voeg advertenties toe, of verhoog sample.per_advertiser."
            path = ("sample", "quotas", stratum)
            yield located(path, "impossible-quota", message, found=told, remedy=remedy)


def _unfit(design: Design, participant: Participant) -> Iterator[Problem]:
    first_day, last_day = design.schedule.first_day, design.schedule.last_day
    if participant.consent_until < first_day:
        yield _problem(
            participant,
            "consent_until",
            "expired-consent",
            f"De toestemming van '{participant.advertiser}' eindigt voor de eerste dag van de ronde ({first_day}).",
            str(participant.consent_until),
            "Vraag nieuwe toestemming, of haal de regel weg.",
        )
    if participant.consent_from > last_day:
        yield _problem(
            participant,
            "consent_from",
            "expired-consent",
            f"De toestemming van '{participant.advertiser}' begint pas na de laatste dag van de ronde ({last_day}).",
            str(participant.consent_from),
            "Vraag eerder ingaande toestemming, of haal de regel weg.",
        )
    if participant.purpose is not design.study.purpose:
        yield _problem(
            participant,
            "purpose",
            "wrong-purpose",
            f"'{participant.advertiser}' gaf toestemming voor een ander doel dan het onderzoek "
            f"({design.study.purpose.value}).",
            participant.purpose.value,
            "Vraag toestemming voor dit doel, of haal de regel weg.",
        )

    yield from _unsigned(design, participant)


def _unsigned(design: Design, participant: Participant) -> Iterator[Problem]:
    """What an advertiser did not sign for, of what a round would do."""
    scope = participant.scope
    if scope is None:
        return
    address = participant.form_url if participant.channel is Channel.WEBFORM else participant.email
    asked = {
        "advertiser": (design.question.ground in scope.grounds, "deze grond", design.question.ground.value),
        "channel": (participant.channel in scope.channels, "dit kanaal", participant.channel.value),
        "form_url" if participant.channel is Channel.WEBFORM else "email": (
            address in scope.addresses, "dit adres", address or ""
        ),
    }  # fmt: skip
    for column, (signed, what, found) in asked.items():
        if not signed:
            message = f"'{participant.advertiser}' tekende niet voor {what}."
            remedy = "Nodig de aanbieder hiervoor uit (praktijktest invitation make), of haal de regel weg."
            yield _problem(participant, column, "not-signed-for", message, found, remedy)


def _stranger(listing: ListingRow, known: Collection[str]) -> Problem:
    return _problem(listing, "advertiser", *without_participant(listing.advertiser, known))


def _feed_of_a_stranger(feed: DeclaredFeed, known: Collection[str]) -> Problem:
    message = f"De aanbieder van feed {feed.url} staat niet bij de deelnemers, dus er is geen toestemming."
    near = get_close_matches(feed.advertiser, known, n=1, cutoff=0.8)
    guess = f"Bedoelt u '{near[0]}'? Zo niet: " if near else ""
    remedy = f"{guess}Voeg de aanbieder met toestemming toe aan de deelnemers, of haal de feed weg."
    return Problem("feed-without-participant", message, found=feed.advertiser, remedy=remedy)


def _nothing_to_test() -> Problem:
    return Problem(
        "nothing-to-test",
        "Er blijft geen enkele advertentie over van een aanbieder met geldige toestemming.",
        remedy="Controleer de toestemming (periode en doel) en de aanbieders van de advertenties.",
    )


def _nothing_suits(design: Design) -> Problem:
    wanted = suitability.told(design.signal.needs)
    return Problem(
        "nothing-to-test",
        f"Signaal '{design.signal.key}' vraagt een woning {wanted}, en zo is er geen.",
        remedy="Voeg zulke advertenties toe, of vul de kolommen aan.",
    )


def _beyond_income(design: Design, listings: Sequence[ListingRow]) -> Iterator[Problem]:
    """Listings so dear that nobody we could invent earns what the design asks."""
    most, rule = suitability.highest_rent(design, load()), design.letters.income
    for listing in listings:
        if most is not None and listing.rent > most and suitability.suits(design.signal.needs, listing):
            yield _problem(
                listing,
                "rent",
                "income-rule-unmet",
                f"Een inkomen van {rule.min:g} keer deze huur is bij geen beroep geloofwaardig.",
                str(listing.rent),
                f"Haal de regel weg (hoogste huur: {most}), of verlaag letters.income.min in de opzet.",
            )


def _problem(about: Participant | ListingRow, column: str, code: str, message: str, found: str, remedy: str) -> Problem:
    if about.row is None:
        return Problem(code, message, line=about.line, found=found, remedy=remedy)
    return about.row.problem(column, code, message, found, remedy)
