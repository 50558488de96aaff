import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.profile import Gender, Name, Profile


def name(first: str, last: str) -> Name:
    return Name(first, last, "any", Gender.FEMALE)


@pytest.mark.parametrize(
    ("first", "last", "mailbox"),
    [
        ("Emre", "Yıldız", "emre.yildiz"),
        ("Łukasz", "Zając", "lukasz.zajac"),
        ("Meryem", "Özdemir", "meryem.ozdemir"),
        ("Søren", "Æbelø", "soren.aebelo"),
        ("İpek", "Güneş", "ipek.gunes"),
        ("Jürgen", "Weiß", "jurgen.weiss"),
        ("Jeroen", "van Dijk", "jeroen.vandijk"),
        ("Samira", "El Yaakoubi", "samira.elyaakoubi"),
        ("Jan-Willem", "d'Hondt", "janwillem.dhondt"),
        ("E" + "\u0301" + "va", "Kok", "eva.kok"),
    ],
)
def test_a_mailbox_shows_the_name_in_plain_ascii(first: str, last: str, mailbox: str) -> None:
    assert name(first, last).mailbox == mailbox


@pytest.mark.parametrize("last", ["", "  ", "Kok2", "Кок", "k@k", "王"])
def test_a_name_without_plain_ascii_form_has_no_mailbox(last: str) -> None:
    with pytest.raises(ValueError, match="no ASCII form"):
        _ = name("Eva", last).mailbox


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_mailbox_is_two_runs_of_letters_around_one_dot_or_nothing(first: str, last: str) -> None:
    try:
        mailbox = name(first, last).mailbox
    except ValueError:
        return
    assert re.fullmatch(r"[a-z]+\.[a-z]+", mailbox)


def test_a_profile_is_known_by_its_full_name_and_mailbox() -> None:
    profile = Profile(name("Pınar", "Ateş"), 31, "docent", "vast contract", 4500, "alleenstaand", date(2026, 11, 1))
    assert (profile.full_name, profile.mailbox) == ("Pınar Ateş", "pinar.ates")
