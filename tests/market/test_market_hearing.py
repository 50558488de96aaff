import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.hearing import hear, looks_like_a_name, signature


@pytest.mark.parametrize(
    "name",
    ["Bas Vermeulen", "jeroen VAN DIJK", "Dhr. Sander Bos", "Bakker, Marieke", "Lotte  Jansen", "Daniel de Vries",
     "Annemarie Bakker-de Vries", "Stijn v.d. Berg", "Zoe Kok"],
)  # fmt: skip
def test_a_first_name_and_surname_from_the_list_are_heard_as_dutch(name):
    assert hear(name).dutch


@pytest.mark.parametrize(
    "name",
    ["Youssef El Idrissi", "Emre Yıldız", "Agnieszka Wójcik", "Chantal Kromosoeto", "Eva Nowak", "Fatima de Vries",
     "Bas", "Bas Yılmaz", "", "info@x.nl"],
)  # fmt: skip
def test_any_other_name_is_heard_as_other(name):
    assert not hear(name).dutch


@pytest.mark.parametrize(
    ("name", "first", "last", "gender"),
    [
        ("Youssef El Idrissi", "Youssef", "El Idrissi", "m"),
        ("Eva Bakker", "Eva", "Bakker", "f"),
        ("Jeroen van Dijk", "Jeroen", "van Dijk", "m"),
        ("Małgorzata Lewandowska", "Małgorzata", "Lewandowska", "f"),
        ("Xyz Onbekend", "Xyz", "Onbekend", None),
    ],
)
def test_a_name_is_taken_apart_to_greet_its_bearer(name, first, last, gender):
    person = hear(name)
    assert (person.first, person.last, person.gender) == (first, last, gender)


@pytest.mark.parametrize(
    "body",
    [
        "Is de woning vrij?\n\nMet vriendelijke groet,\n\nEmre Yıldız\n",
        "Dank alvast.\n\nGroeten, Emre Yıldız",
        "Hartelijke groet\nEmre Yıldız\n06 00000000",
        "Ik hoor graag van u.\nHoogachtend,\n  Emre Yıldız  ",
    ],
)
def test_the_name_under_a_letter_is_found(body):
    assert signature(body) == "Emre Yıldız"


def test_a_letter_without_a_signature_has_no_name():
    assert signature("Is deze woning nog te huur?") == ""
    assert not looks_like_a_name("emre.yildiz@woonpost.example")


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_heard_as_a_name(text):
    hear(text)
    signature(text)
