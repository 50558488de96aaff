"""Layouts as mail programs write them; each maker puts our letter under, over or between the answer."""

from collections.abc import Callable
from textwrap import wrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.inbox.quotes import bare, cut_quotes

OURS = """Beste verhuurder,

Op Woonportaal zag ik de woning aan de Langestraat 12 in Amersfoort. Is deze nog beschikbaar? Ik kom graag kijken; \
doordeweeks na 17.00 uur of zaterdag past mij goed.

Ik werk als docent en heb een vast contract.

Met vriendelijke groet,
Emre Yıldız"""
ANSWER = """Beste meneer Yıldız,

U kunt woensdag om 16.30 uur komen kijken.

Met vriendelijke groet,
Sanne de Groot
Eem Wonen"""


def marked(text: str, width: int = 76, depth: int = 1) -> str:
    lines = [row for line in text.split("\n") for row in (wrap(line, width) or [""])]
    return "\n".join(f"{'>' * depth} {line}".rstrip() for line in lines)


def gmail_nl(answer: str, ours: str) -> str:
    return f"{answer}\n\nOp ma 7 sep 2026 om 10:12 schreef Emre Yıldız <emre@woonpost.example>:\n\n{marked(ours)}\n"


def gmail_nl_wrapped(answer: str, ours: str) -> str:
    header = "Op ma 7 sep 2026 om 10:12 schreef Emre Yıldız\n<r+7f3a9c0d2b@woonpost.example>:"
    return f"{answer}\n\n{header}\n\n{marked(ours)}\n"


def gmail_en(answer: str, ours: str) -> str:
    return (
        f"{answer}\n\nOn Mon, Sep 7, 2026 at 10:12 AM Emre Yıldız <\nemre@woonpost.example> wrote:\n\n{marked(ours)}\n"
    )


def outlook_nl(answer: str, ours: str) -> str:
    header = (
        "Van: Emre Yıldız <emre@woonpost.example>\nVerzonden: maandag 7 september 2026 10:12\n"
        "Aan: Eem Wonen <info@eemwonen.example>\nOnderwerp: Langestraat 12"
    )
    return f"{answer}\n\n________________________________\n{header}\n\n{ours}\n"


def outlook_bold(answer: str, ours: str) -> str:
    header = (
        "*Van:* Emre Yıldız\n*Verzonden:* maandag 7 september 2026 10:12\n*Aan:* Eem Wonen\n*Onderwerp:* Langestraat 12"
    )
    return f"{answer}\n\n{header}\n\n{ours}\n"


def original_message(answer: str, ours: str) -> str:
    fields = "Van: Emre Yıldız\nVerzonden: maandag 7 september 2026\nAan: Eem\nOnderwerp: Langestraat"
    header = f"-----Oorspronkelijk bericht-----\n{fields}"
    return f"{answer}\n\n{header}\n\n{ours}\n"


def original_message_en(answer: str, ours: str) -> str:
    fields = "From: Emre Yıldız\nSent: Monday, September 7, 2026\nTo: Eem Wonen\nSubject: Langestraat 12"
    header = f"-----Original Message-----\n{fields}"
    return f"{answer}\n\n{header}\n\n{ours}\n"


def apple_nl(answer: str, ours: str) -> str:
    header = "> Op 7 sep 2026, om 10:12 heeft Emre Yıldız <emre@woonpost.example> het volgende geschreven:"
    return f"{answer}\n\n{header}\n> \n{marked(ours)}\n"


def iphone_nl(answer: str, ours: str) -> str:
    header = "Op 7 sep 2026 om 10:12 heeft Emre Yıldız <emre@woonpost.example> het volgende\ngeschreven:"
    return f"{answer}\n\nVerstuurd vanaf mijn iPhone\n\n{header}\n\n\ufeff{ours}\n"


def iphone_en(answer: str, ours: str) -> str:
    header = "On 7 Sep 2026, at 10:12, Emre Yıldız <emre@woonpost.example> wrote:"
    return f"{answer}\n\nSent from my iPhone\n\n> {header}\n> \n{marked(ours)}\n"


def outlook_ios(answer: str, ours: str) -> str:
    sent = "Verzonden: Monday, September 7, 2026 10:12:11 AM"
    header = f"{'_' * 32}\nVan: Emre Yıldız <emre@woonpost.example>\n{sent}\nAan: Eem Wonen\nOnderwerp: Langestraat 12"
    return f"{answer}\n\nOutlook voor iOS<https://aka.example/o0ukef> downloaden\n{header}\n\n{ours}\n"


def under_our_letter(answer: str, ours: str) -> str:
    return f"Op ma 7 sep 2026 om 10:12 schreef Emre Yıldız <emre@woonpost.example>:\n\n{marked(ours)}\n\n{answer}\n"


def office_system(answer: str, ours: str) -> str:
    return f"{answer}\n\nUw bericht via onze website:\nNaam: Emre Yıldız\nOnderwerp: Langestraat 12\n\n{ours}\n"


def without_header(answer: str, ours: str) -> str:
    return f"{answer}\n\n{ours}\n"


def rewrapped(answer: str, ours: str) -> str:
    return f"{answer}\n\n" + "\n".join(row for line in ours.split("\n") for row in (wrap(line, 48) or [""])) + "\n"


def older_mail_below(answer: str, ours: str) -> str:
    older = (
        "Van: Eem Wonen\nVerzonden: zondag 6 september 2026\nAan: iemand\nOnderwerp: Oud\n\nDe vorige huurder vertrekt."
    )
    return f"{outlook_nl(answer, ours)}\n{older}\n"


LAYOUTS: tuple[Callable[[str, str], str], ...] = (
    gmail_nl, gmail_nl_wrapped, gmail_en, outlook_nl, outlook_bold, original_message, original_message_en, apple_nl,
    iphone_nl, iphone_en, outlook_ios, office_system, under_our_letter, without_header, rewrapped, older_mail_below,
)  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_only_the_answer_is_left(layout: Callable[[str, str], str]) -> None:
    assert cut_quotes(layout(ANSWER, OURS), OURS) == ANSWER


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout not in (without_header, rewrapped)])
def test_a_header_is_enough_where_our_letter_is_not_known(layout: Callable[[str, str], str]) -> None:
    assert cut_quotes(layout(ANSWER, OURS), "").startswith(ANSWER[:60])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("answer", ["Ja.", "nee", "Is goed, tot dan", "Tot zaterdag"])
def test_a_short_answer_is_kept(layout: Callable[[str, str], str], answer: str) -> None:
    assert cut_quotes(layout(answer, OURS), OURS) == answer


@pytest.mark.parametrize("layout", LAYOUTS)
def test_line_ends_of_the_network_change_nothing(layout: Callable[[str, str], str]) -> None:
    assert cut_quotes(layout(ANSWER, OURS).replace("\n", "\r\n"), OURS) == ANSWER


def test_answers_between_marked_lines_of_ours_are_kept() -> None:
    text = (
        "Zie hieronder.\n\nOp ma 7 sep 2026 schreef Emre Yıldız <e@woonpost.example>:\n"
        "> Is deze nog beschikbaar? Ik kom graag kijken; doordeweeks na 17.00 uur\n> of zaterdag past mij goed.\n\n"
        "Ja, nog vrij. Zaterdag om 11 uur?\n\n> Ik werk als docent en heb een vast contract.\nPrima.\n"
    )
    assert cut_quotes(text, OURS) == "Zie hieronder.\n\nJa, nog vrij. Zaterdag om 11 uur?\n\nPrima."


def test_answers_between_unmarked_lines_of_ours_are_kept() -> None:
    letter = OURS.replace("\n\nIk werk", "\n\nJa, zaterdag om 11 uur.\n\nIk werk")
    assert cut_quotes(outlook_nl("Zie mijn antwoord in uw tekst.", letter), OURS) == (
        "Zie mijn antwoord in uw tekst.\n\nJa, zaterdag om 11 uur."
    )


def test_the_closing_of_the_answer_is_not_taken_for_ours() -> None:
    assert "Met vriendelijke groet,\nSanne de Groot" in cut_quotes(without_header(ANSWER, OURS), OURS)


def test_a_sentence_that_begins_with_op_is_no_header() -> None:
    text = "Op 14 september om 10 uur kunt u kijken.\nU schreef dat u werkt als docent: mooi.\nVan: wie hoorde u dit?"
    assert cut_quotes(text, OURS) == text


def test_a_mail_of_nothing_but_our_letter_is_empty() -> None:
    assert cut_quotes(gmail_nl("", OURS), OURS) == ""


def test_an_answer_written_behind_quote_marks_is_kept() -> None:
    assert cut_quotes("> Ja, u mag komen kijken.", OURS) == "Ja, u mag komen kijken."


def test_several_of_our_letters_go() -> None:
    decline = "Dank voor uw snelle reactie. Ik heb inmiddels iets anders gevonden en trek mijn belangstelling in."
    text = f"Jammer!\n\nOp di schreef ik 8 sep:\n\n{decline}\n\n{OURS}"
    assert "belangstelling" not in cut_quotes(text, f"{OURS}\n{decline}")


words = st.lists(
    st.sampled_from(("ja", "nee", "prima", "kijken", "woensdag", "huis", "helaas", "16.30")), min_size=1, max_size=12
)


@settings(deadline=None)
@given(words, st.sampled_from(LAYOUTS))
def test_no_answer_is_ever_lost(answer: list[str], layout: Callable[[str, str], str]) -> None:
    assert cut_quotes(layout(" ".join(answer), OURS), OURS) == " ".join(answer)


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=100))
def test_any_text_can_be_cut(text: str, ours: str) -> None:
    kept = cut_quotes(text, ours)
    assert len(kept) <= len(text) + 1


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_letters_and_digits_are_the_same_whichever_alphabet_stands_beside_them(text: str) -> None:
    assert bare(f"{text}é") == f"{bare(text)}é"
