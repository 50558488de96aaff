"""Names of staff go at intake; the office and what was said stay."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.inbox.staff import PERSON, mask_staff

CLOSINGS = (
    "Met vriendelijke groet,", "Met vriendelijke groeten", "Vriendelijke groet,", "Hartelijke groeten,", "Groeten,",
    "Groet", "Groetjes,", "Mvg,", "M.v.g.", "Gr.", "Hoogachtend,", "Kind regards,", "Best regards", "Tot dan!",
    "Alvast bedankt,",
    "MET VRIENDELIJKE GROET,",
)  # fmt: skip
STAFF = (
    "Sanne",
    "Sanne de Groot",
    "S. de Groot",
    "Jan-Willem van den Berg",
    "Fatma Öztürk",
    "P.J. O'Brien",
    "Łukasz Nowak",
    "De Groot",
)


@pytest.mark.parametrize("closing", CLOSINGS)
@pytest.mark.parametrize("name", STAFF)
def test_the_name_under_a_closing_is_masked(closing: str, name: str) -> None:
    masked = mask_staff(f"U bent welkom.\n\n{closing}\n\n{name}\nVerhuurmakelaar\nEem Wonen B.V.")
    assert masked == f"U bent welkom.\n\n{closing}\n\n[medewerker]\nVerhuurmakelaar\nEem Wonen B.V."


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Groeten, Henk", "Groeten, [medewerker]"),
        ("Tot zaterdag. Groetjes, Henk", "Tot zaterdag. Groetjes, [medewerker]"),
        ("groetjes sanne", "groetjes [medewerker]"),
        ("Mvg Henk de Vries | Eem Wonen", "Mvg [medewerker] | Eem Wonen"),
        ("Groet,\nEem Wonen\nHenk de Vries", "Groet,\nEem Wonen\n[medewerker]"),
        ("Groet,\nnamens Eem Wonen,\nHenk", "Groet,\nnamens Eem Wonen,\n[medewerker]"),
        ("U spreekt met Sanne de Groot.", "U spreekt met [medewerker]."),
        ("Mijn collega Sanne belt u.", "Mijn collega [medewerker] belt u."),
        ("Mijn collega's Sanne en Kees bellen u.", "Mijn collega's [medewerker] en [medewerker] bellen u."),
        ("Ik ben Sanne van Eem Wonen.", "Ik ben [medewerker] van Eem Wonen."),
        ("Mijn naam is Sanne van Dijk.", "Mijn naam is [medewerker]."),
        ("Vraagt u naar mevrouw De Groot.", "Vraagt u naar mevrouw [medewerker]."),
    ],
)
def test_names_in_the_usual_places_are_masked(text: str, masked: str) -> None:
    assert mask_staff(text) == masked


def test_a_name_once_found_goes_everywhere() -> None:
    text = "Sanne laat u de woning zien.\nGroet,\nSanne de Groot\nBel Sanne of De Groot."
    assert (
        mask_staff(text)
        == "[medewerker] laat u de woning zien.\nGroet,\n[medewerker]\nBel [medewerker] of [medewerker]."
    )


def test_the_name_shown_in_from_is_masked_in_the_text() -> None:
    assert mask_staff("Kees is er om 10 uur.", "Kees Bakker") == "[medewerker] is er om 10 uur."
    assert mask_staff("Eem Wonen belt u.", "Eem Wonen") == "Eem Wonen belt u."


@pytest.mark.parametrize(
    "text",
    [
        "Met vriendelijke groet,\n\nTeam Verhuur\nEem Wonen",
        "Mijn collega neemt contact met u op.",
        "Ik ben morgen bij de woning.",
        "Alvast bedankt.\nWij horen graag van u.",
        "Beste mevrouw Yıldız, u kunt komen kijken.",
        "Bezichtiging 14-09-2026 om 16.30 uur, huur € 1.250,00, waarborgsom 2500, postcode 3811 AB, KvK 12345678.",
        "Kijk op https://eemwonen.example/0612345678 of mail info@eemwonen.example of verhuur@eemwonen.example.",
        "Op 01-09-2026 10:30 uur, ref. 2026-0012345678",
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert mask_staff(text) == text


@pytest.mark.parametrize(
    "number",
    [
        "06-12345678",
        "06 12 34 56 78",
        "0612345678",
        "+31 6 12345678",
        "0031612345678",
        "+31 (0)6 12 34 56 78",
        "033 - 461 22 33",
        "(033) 461 22 33",
    ],
)
def test_telephone_numbers_are_masked(number: str) -> None:
    assert mask_staff(f"Bel {number}, graag.") == "Bel [telefoonnummer], graag."


def test_personal_mail_addresses_are_masked() -> None:
    assert mask_staff("Mail sanne.degroot@eemwonen.example.") == "Mail [e-mailadres]."


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_can_be_masked(text: str, sender_name: str) -> None:
    mask_staff(text, sender_name)


@settings(deadline=None)
@given(st.sampled_from(CLOSINGS), st.sampled_from(STAFF), st.sampled_from(("\n", "\n\n", "\n \n")))
def test_masking_twice_changes_nothing_more(closing: str, name: str, gap: str) -> None:
    once = mask_staff(f"Prima.\n\n{closing}{gap}{name}\n06-12345678")
    assert mask_staff(once) == once


def test_the_name_of_who_speaks_ends_with_the_sentence() -> None:
    seen = mask_staff("U spreekt met Sanne de Wit. U kunt donderdag komen kijken.")
    assert seen == f"U spreekt met {PERSON}. U kunt donderdag komen kijken."
    assert mask_staff("U spreekt met J. de Vries. Graag tot dan.") == f"U spreekt met {PERSON}. Graag tot dan."
    assert mask_staff("Tot dan.\n\nMet groet,\nTh. van Dam") == f"Tot dan.\n\nMet groet,\n{PERSON}"
