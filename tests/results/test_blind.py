"""A coder sees what was said, and nothing of whom it was said to."""

from datetime import date
from typing import Any

import pytest
from design_makers import a_design
from house_makers import refused
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.design import canonical
from orchestrator.models import Inquiry, Pair, Reply, Round
from orchestrator.people import to_record
from profiles import catalogue, grounds
from profiles.profile import Gender, Name, Profile
from results import blind as blinding
from results.blind import blind
from results.outcomes import MASK

GROUNDS = grounds.load().grounds
SIGNALS = {key: signal for ground in GROUNDS.values() for key, signal in ground.signals.items()}
NAMES = ("Emre Yıldız", "Marieke van den Berg")


def an_inquiry(first: str, last: str, **other: Any) -> Inquiry:
    name = Name(first, last, "dutch", Gender.FEMALE)
    profile = Profile(name, 33, "docent", "vast contract", 4560, "alleenstaand", date(2026, 11, 1), **other)
    address = f"{first.lower()}.ab12@woonpost.example"
    return Inquiry(sender_name=name.full, reply_address=address, profile=to_record(profile))


def a_reply(
    text: str,
    subject: str = "Re: Langestraat 12",
    names: tuple[str, str] = NAMES,
    signal: str = "origin_name",
    **profile: Any,
) -> Reply:
    """A reply to the first of two applicants; it comes from no database."""
    inquiries = [an_inquiry(*name.split(maxsplit=1), **profile) for name in names]
    design = a_design(question={"ground": SIGNALS[signal].ground, "signal": signal})
    pair = Pair(inquiries=inquiries, round=Round(design=canonical(design)))
    assert inquiries[0].pair is pair
    return Reply(id=7, inquiry=inquiries[0], subject=subject, text=text)


def test_what_was_said_stays_and_whom_it_was_said_to_goes() -> None:
    seen = blind(a_reply("Beste Emre,\n\nDinsdag om 16:00 kunt u komen kijken.\n\nGroet, Kantoor"))
    assert "Dinsdag om 16:00 kunt u komen kijken." in seen
    assert "Emre" not in seen
    assert MASK in seen


@pytest.mark.parametrize(
    "told",
    [
        "Geachte heer Yıldız,",
        "geachte mevrouw Yildiz,",
        "Dag EMRE YILDIZ!",
        "Dag Emre, of was het Marieke?",
        "Geachte heer Van den Berg,",
        "Beste E. Yıldız,",
        "Op uw adres emre.ab12@woonpost.example",
        "Op uw adres EMRE.AB12@WOONPOST.EXAMPLE",
    ],
)
def test_every_cue_of_either_applicant_is_masked(told: str) -> None:
    seen = blind(a_reply(f"{told}\n\nHelaas is de woning al verhuurd."))
    lowered = seen.casefold()
    assert not any(cue in lowered for cue in ("emre", "yıldız", "yildiz", "marieke", "berg", "heer", "mevrouw", "ab12"))
    assert "Helaas is de woning al verhuurd." in seen


def test_a_cue_in_the_subject_is_masked_as_well() -> None:
    seen = blind(a_reply("Wij bellen u.", subject="Antw: bericht van Emre Yıldız over Langestraat 12"))
    assert "Emre" not in seen
    assert "Langestraat 12" in seen


def test_the_mask_has_one_length_whoever_it_hides() -> None:
    assert blind(a_reply("Beste Emre,")) == blind(a_reply("Beste Marieke,"))


def test_a_text_whose_cue_cannot_be_hidden_is_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blinding, "mask_cues", lambda text, *_: text)
    with refused("cue-left"):
        blind(a_reply("Beste Emre,"))


@pytest.mark.parametrize("told", ["Beste Emre en Thijs,", "Dag heer Kuipers,", "Voor jou en THIJS KUIPERS,"])
def test_a_partner_is_masked_as_well(told: str) -> None:
    partner = Name("Thijs", "Kuipers", "dutch", Gender.MALE)
    seen = blind(a_reply(f"{told}\n\nJullie kunnen komen kijken.", signal="same_sex_partner", partner=partner))
    assert not any(cue in seen.casefold() for cue in ("thijs", "kuipers", "emre"))
    assert "Jullie kunnen komen kijken." in seen


@pytest.mark.parametrize(
    ("signal", "told", "cue"),
    [
        ("wheelchair", "De lift is te smal voor uw rolstoel.", "rolstoel"),
        ("wheelchair", "Er is een fietsenstalling.", "fiets"),
        ("assistance_dog", "Uw Geleidehond is welkom.", "hond"),
        ("assistance_dog", "Huisdieren mogen niet.", "huisdier"),
        ("mosque", "Mooi dat u in de moskee helpt.", "moskee"),
        ("child", "Leuk voor uw dochtertje!", "dochter"),
        ("benefit", "Een uitkeringsgerechtigde nemen wij niet.", "uitkering"),
        ("unmarried", "Bent u getrouwd?", "getrouwd"),
        ("age", "U bent 67, begrijp ik.", "67"),
    ],
)
def test_the_words_of_a_signal_are_masked(signal: str, told: str, cue: str) -> None:
    seen = blind(a_reply(f"{told}\n\nBelt u ons maandag.", signal=signal))
    assert cue not in seen.casefold()
    assert MASK in seen
    assert "Belt u ons maandag." in seen


def test_a_quoted_sentence_is_masked_whole_whichever_side_it_showed() -> None:
    for side in ("control", "treatment"):
        for sentence in getattr(SIGNALS["mosque"], side).sentences["nl"]:
            seen = blind(a_reply(f"U schreef: {sentence}\nKomt u kijken?", signal="mosque", sentence=sentence))
            assert seen.endswith(f"U schreef: {MASK}\nKomt u kijken?")


def test_words_of_another_signal_stay() -> None:
    assert "Huisdieren mogen niet." in blind(a_reply("Huisdieren mogen niet."))


everyone = st.sampled_from([f"{name.first} {name.last}" for name in catalogue.load().names])


@settings(max_examples=60, deadline=None)
@given(everyone, everyone, st.sampled_from(["Beste {}, kom kijken.", "Geachte {}\nKom kijken.", "Kom kijken, {}!"]))
def test_no_name_of_the_catalogue_is_shown_to_a_coder(one: str, other: str, wording: str) -> None:
    seen = blind(a_reply(wording.format(one), names=(one, other)))
    assert one not in seen
    assert "kijken" in seen
