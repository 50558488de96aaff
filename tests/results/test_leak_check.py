"""Whatever way somebody writes the name of an applicant, no coder reads it: it is masked, or the reply is held back."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_blind import a_reply

from profiles import catalogue
from profiles.errors import Refused
from results.blind import blind
from results.leak_check import folded, suspects
from results.outcomes import MASK, labels, mask_cues

NAMES = [(name.first, name.last) for name in catalogue.load().names]
TEXTS = (
    "Beste {},\n\nU kunt donderdag om 15.00 uur komen kijken.",
    "Geachte heer {},\n\nDe woning is verhuurd.",
    "Geachte heer/mevrouw {}\nWij plaatsen u op de wachtlijst.",
    "Hoi {}! Kom je kijken?",
    "Dag mevrouw {}, belt u ons even.",
    "Goedemiddag {},\nStuurt u ons uw loonstroken.",
)


def _swapped(word: str, at: int) -> str:
    at = at % max(len(word) - 1, 1)
    return word[:at] + word[at + 1 : at + 2] + word[at : at + 1] + word[at + 2 :]


SPELLINGS = {
    "as it is": lambda word, _: word,
    "capitals": lambda word, _: word.upper(),
    "small": lambda word, _: word.lower(),
    "without marks": lambda word, _: folded(word).capitalize(),
    "wrong character set": lambda word, _: word.encode().decode("latin-1"),
    "a letter twice": lambda word, at: word[: at % len(word) + 1] + word[at % len(word) :],
    "a letter missing": lambda word, at: word[: at % len(word)] + word[at % len(word) + 1 :],
    "two letters changed places": _swapped,
    "a pet name": lambda word, _: f"{word}tje",
    "of somebody": lambda word, _: f"{word}'s",
    "with a soft hyphen": lambda word, at: word[: at % len(word)] + "\u00ad" + word[at % len(word) :],
    "with a hyphen": lambda word, _: f"{word}-{word}",
    "the first letter": lambda word, _: f"{word[0]}.",
}


WRONG = ("a letter twice", "a letter missing", "two letters changed places")
NEAR = 5


def words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def shown(text: str, names: tuple[str, str]) -> str:
    """What a coder sees of a reply; nothing when it is held back."""
    try:
        return blind(a_reply(text, names=names))
    except Refused:
        return ""


@pytest.mark.long
@settings(max_examples=400, derandomize=True)
@given(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
    st.sampled_from(TEXTS),
    st.sampled_from(sorted(SPELLINGS)),
    st.sampled_from([(0,), (1,), (0, 1)]),
    st.integers(0, 20),
)
def test_of_a_name_in_any_spelling_nothing_is_shown(
    name: tuple[str, str], other: tuple[str, str], text: str, spelling: str, parts: tuple[int, ...], at: int
) -> None:
    """What is shown has no other words than the sentence around the name; an initial alone names nobody.

    A name of fewer than five letters that is spelt wrong cannot be told from another word, nor what is left of it.
    """
    assume(spelling not in WRONG or all(len(name[part]) >= NEAR for part in parts))
    written = " ".join(SPELLINGS[spelling](name[part], at) for part in parts)
    names = (" ".join(name), " ".join(other))
    seen = shown(text.format(written), names)
    around = {word.casefold() for word in words(text)} | {"re", "langestraat", *(part[0].casefold() for part in name)}
    assert [word for word in words(seen.replace(MASK, " ")) if word.casefold() not in around] == []


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("Beste Karim,\nDe woning is verhuurd.", ("Emre Yıldız", "Marieke Bakker")),
        ("beste piet,\nDe woning is verhuurd.", ("Emre Yıldız", "Marieke Bakker")),
        ("Dag meneer Pietersen, de woning is verhuurd.", ("Emre Yıldız", "Marieke Bakker")),
        ("De woning is verhuurd. Wij zeiden dat al tegen Yilditz.", ("Emre Yıldız", "Marieke Bakker")),
        ("Mus kan donderdag komen.", ("Mustapha Berrada", "Marieke Bakker")),
        ("Kan Mariekje donderdag komen?", ("Emre Yıldız", "Marieke Bakker")),
        ("Gosia kan donderdag komen.", ("Małgorzata Szymańska", "Marieke Bakker")),
        ("Wij mailden naar iemand.anders@woonpost.example.", ("Emre Yıldız", "Marieke Bakker")),
    ],
    ids=["wrong name", "small", "misnamed", "misspelt", "pet name", "ending", "Polish pet name", "our domain"],
)
def test_what_only_looks_like_a_name_holds_a_reply_back(told: str, names: tuple[str, str]) -> None:
    with pytest.raises(Refused, match="niet te verbergen"):
        blind(a_reply(told, names=names))


@pytest.mark.parametrize(
    "told",
    [
        "Beste woningzoekende,\nDe woning is verhuurd.",
        "Geachte heer/mevrouw,\n\nDank voor uw bericht.",
        "Dag, wij hebben helaas niets meer.",
        "Hallo daar! Leuk dat je reageert.",
        "Beste kandidaat,\nU kunt komen.",
        "Goedemorgen,\n\nMakelaardij Bakkerij verhuurt niets meer.",
        "Beste Emre,\nGraag tot donderdag. Groet, Huis & Zo",
    ],
)
def test_an_ordinary_answer_is_shown(told: str) -> None:
    assert MASK in blind(a_reply(told)) or "Emre" not in told


def test_the_examples_of_all_labels_are_shown_whoever_applied() -> None:
    held = [
        (label.code, name, found)
        for label in labels().values()
        for name in (" ".join(each) for each in NAMES[::7])
        if (found := suspects(mask_cues(label.example, [name], []), [name]))
    ]
    assert held == []


@pytest.mark.parametrize("phrase", ["Karimah", "karimah", "KARIMAH"])
def test_a_phrase_hidden_by_hand_goes_in_any_case_and_leaves_one_bar(phrase: str) -> None:
    from orchestrator.models import HandMask

    reply = a_reply("Beste Karimah,\nDe woning van Karimah is verhuurd.")
    with pytest.raises(Refused):
        blind(reply)
    reply.masks = [HandMask(phrase=phrase)]
    assert "karimah" not in blind(reply).casefold()
