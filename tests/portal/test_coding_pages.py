"""The coding desk in the browser: what a coder sees, what a form does once, and what is never on these pages."""

import re

import pytest
from coding_makers import answered_round, label_of, visitor
from house_makers import ROUND, events, letters, only_sqlite, together
from look_makers import looked
from starlette.testclient import TestClient
from test_duties import coded_before_the_look

from orchestrator.db import Database
from orchestrator.models import Reply
from orchestrator.states import Role
from results.outcomes import MASK, labels

pytestmark = only_sqlite
DESK = f"/coderen/{ROUND}"


def number_of(page: str) -> int:
    """The reply that a page asks a label for."""
    found = re.search(rf'action="{DESK}/(\d+)"', page)
    assert found, page
    return int(found[1])


def code_next(coder: TestClient, label: str) -> int:
    number = number_of(coder.get(DESK).text)
    assert coder.post(f"{DESK}/{number}", data={"label": label}).status_code == 303
    return number


def test_a_coder_reads_one_masked_reply_with_the_words_the_rules_go_by_and_nothing_chosen(database: Database) -> None:
    answered_round(database)
    page = visitor(database, "anna", Role.CODER).get(DESK).text
    assert MASK in page
    assert "<mark>" in page
    assert " checked" not in page.split("<fieldset", 1)[1].split("</form>")[0]
    assert "0 van 4" in page
    assert page.count('name="label"') == len(labels())
    assert re.findall(r'data-key="(\d)"', page) == [str(key) for key in range(1, 10)]


def test_two_coders_who_agree_finish_a_reply_and_progress_counts_up(database: Database) -> None:
    answered_round(database)
    anna, bram = visitor(database, "anna", Role.CODER), visitor(database, "bram", Role.CODER)
    coded = {code_next(anna, "AL_VERHUURD") for _ in range(4)}
    assert len(coded) == 4
    page = anna.get(DESK).text
    assert "4 van 4" in page
    assert "Er wacht niets op u." in page
    for _ in coded:
        code_next(bram, "AL_VERHUURD")
    assert {label_of(database, number) for number in coded} == {"AL_VERHUURD"}


@pytest.mark.parametrize("name", ["R.Visser", "m.dekker"])
def test_who_planned_or_approved_reads_before_they_begin_that_they_code_nothing_here(
    database: Database, name: str
) -> None:
    numbers = answered_round(database)
    person = visitor(database, name, Role.CODER, Role.ANALYST)
    told = f"{name} heeft &#39;{ROUND}&#39; gepland of goedgekeurd en kan dus weten wie welke brief schreef."
    desk = person.get("/coderen").text
    assert told in desk
    assert "4 antwoorden wachten op iemand" in desk
    assert f'href="{DESK}"' not in desk
    assert told in person.get(f"{DESK}/verschillen").text
    for refused in (person.get(DESK), person.post(f"{DESK}/{numbers[0]}", data={"label": "OVERIG"})):
        assert refused.status_code == 403
        assert told in refused.text
    assert label_of(database, numbers[0]) is None


@pytest.mark.long
def test_who_coded_in_a_round_sees_no_look_that_somebody_opened(database: Database) -> None:
    coded_before_the_look(database, "anna")
    looked(database, "bram")
    coder, analyst = (visitor(database, name, Role.CODER, Role.ANALYST) for name in ("anna", "bram"))
    for page in ("tussenstanden", "rapport/onderzoeker", "rapport/onderzoeker.pdf"):
        answered = coder.get(f"/rondes/{ROUND}/{page}")
        assert answered.status_code == 403
        assert "ziet geen cijfers per profiel" in answered.text
        assert analyst.get(f"/rondes/{ROUND}/{page}").status_code == 200


def test_a_form_that_is_sent_twice_is_one_label(database: Database) -> None:
    answered_round(database)
    anna = visitor(database, "anna", Role.CODER)
    number = code_next(anna, "OVERIG")
    assert anna.post(f"{DESK}/{number}", data={"label": "AL_VERHUURD"}).status_code == 303
    with database.reading() as session:
        assert [each.label for each in session.get_one(Reply, number).codings] == ["OVERIG"]


def test_two_coders_who_send_the_same_reply_at_once_are_both_counted(database: Database) -> None:
    number, *_ = answered_round(database)
    people = [visitor(database, name, Role.CODER) for name in ("anna", "bram")]

    def send(coder: TestClient) -> int:
        return coder.post(f"{DESK}/{number}", data={"label": "OVERIG"}).status_code

    assert together(*(lambda each=each: send(each) for each in people)) == [303, 303]
    assert label_of(database, number) == "OVERIG"


def test_a_form_without_a_label_stores_nothing_and_says_so(database: Database) -> None:
    answered_round(database)
    anna = visitor(database, "anna", Role.CODER)
    number = number_of(anna.get(DESK).text)
    for wrong in ({}, {"label": "BESTAAT_NIET"}):
        answer = anna.post(f"{DESK}/{number}", data=wrong)
        assert answer.status_code == 422
        assert "Kies eerst een label." in answer.text
    assert "0 van 4" in anna.get(DESK).text


def test_a_last_choice_is_taken_back_once_and_a_final_label_never(database: Database) -> None:
    answered_round(database)
    anna, bram = visitor(database, "anna", Role.CODER), visitor(database, "bram", Role.CODER)
    number = code_next(anna, "OVERIG")
    for _ in range(2):  # a double click
        assert anna.post(f"{DESK}/{number}/terug").status_code == 303
    assert [event.kind for event in events(database)].count("reply.uncoded") == 1
    assert number_of(anna.get(DESK).text) == number
    code_next(anna, "OVERIG")
    bram.post(f"{DESK}/{number}", data={"label": "OVERIG"})
    assert f"{DESK}/{number}/terug" not in anna.get(DESK).text
    answer = anna.post(f"{DESK}/{number}/terug")
    assert answer.status_code == 409
    assert "staat vast" in answer.text
    assert label_of(database, number) == "OVERIG"


def test_a_doubt_leaves_a_reply_to_others_with_its_note_folded_away(database: Database) -> None:
    answered_round(database, pairs=1)
    anna, bram = visitor(database, "anna", Role.CODER), visitor(database, "bram", Role.CODER)
    number = number_of(anna.get(DESK).text)
    assert anna.post(f"{DESK}/{number}/twijfel", data={"note": "uitnodiging of niet?"}).status_code == 303
    assert number_of(anna.get(DESK).text) != number
    seen = ""
    while number_of(seen := bram.get(DESK).text) != number:
        code_next(bram, "OVERIG")
    assert "uitnodiging of niet?" in seen
    assert seen.index("Een ander twijfelde") < seen.index("uitnodiging of niet?")
    assert "anna" not in seen


def test_a_third_person_decides_between_two_labels_side_by_side(database: Database) -> None:
    number, *_ = answered_round(database)
    for name, label in (("anna", "AL_VERHUURD"), ("bram", "IN_OPTIE")):
        visitor(database, name, Role.CODER).post(f"{DESK}/{number}", data={"label": label})
    carla = visitor(database, "carla", Role.CODER)
    page = carla.get(f"{DESK}/verschillen").text
    choices = page[page.index("Twee codeurs kozen verschillend") : page.index("Een ander label")]
    assert re.findall(r'value="([A-Z_]+)"', choices) == ["AL_VERHUURD", "IN_OPTIE"]
    assert "anna" not in page
    assert "bram" not in page
    assert "Cohens kappa" not in page
    assert carla.post(f"{DESK}/verschillen/{number}", data={}).status_code == 422
    assert carla.post(f"{DESK}/verschillen/{number}", data={"label": "IN_OPTIE"}).status_code == 303
    assert label_of(database, number) == "IN_OPTIE"


def test_those_two_do_not_see_their_own_difference(database: Database) -> None:
    number, *_ = answered_round(database)
    people = {name: visitor(database, name, Role.CODER) for name in ("anna", "bram")}
    for (name, coder), label in zip(people.items(), ("AL_VERHUURD", "IN_OPTIE"), strict=True):
        coder.post(f"{DESK}/{number}", data={"label": label})
        assert name
    for coder in people.values():
        assert "Er is niets te beslissen." in coder.get(f"{DESK}/verschillen").text


def test_the_researcher_sees_how_far_coders_agree(database: Database) -> None:
    numbers = answered_round(database)
    given = {"anna": ["OVERIG", "OVERIG", "AL_VERHUURD", "AL_VERHUURD"]}
    given["bram"] = ["OVERIG", "AL_VERHUURD", "AL_VERHUURD", "AL_VERHUURD"]
    researcher = visitor(database, "ria", Role.ANALYST)
    assert "Nog geen antwoord kreeg twee labels." in researcher.get(f"{DESK}/verschillen").text
    for name, codes in given.items():
        coder = visitor(database, name, Role.CODER)
        for number, label in zip(numbers, codes, strict=True):
            coder.post(f"{DESK}/{number}", data={"label": label})
    # Observed agreement 3/4, by chance 1/2·1/4 + 1/2·3/4 = 1/2.
    page = researcher.get(f"{DESK}/verschillen").text
    assert "75%" in page
    assert "<dd>0,50</dd>" in page


def test_a_reply_in_which_a_name_survives_is_shown_to_no_coder_until_a_person_hid_it(database: Database) -> None:
    answered_round(database, pairs=1, texts=("Beste Karimah,\n\nDe woning is verhuurd.",))
    anna, ria = visitor(database, "anna", Role.CODER), visitor(database, "ria", Role.ANALYST)
    page = anna.get(DESK).text
    assert "Aantal antwoorden dat nog niet te tonen is: 2." in page
    assert "Karimah" not in page
    assert "verbergen/" not in page
    listed = ria.get(f"{DESK}/verbergen").text
    one, other = re.findall(rf'href="{DESK}/verbergen/(\d+)"', listed)
    assert "<mark>Karimah</mark>" in ria.get(f"{DESK}/verbergen/{one}").text
    for wrong in ("", "staat er niet", "x" * 201):
        answer = ria.post(f"{DESK}/verbergen/{one}", data={"phrase": wrong})
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    for _ in range(2):
        assert ria.post(f"{DESK}/verbergen/{one}", data={"phrase": "karimah"}).status_code == 303
    assert "Dit antwoord is te coderen." in ria.get(f"{DESK}/verbergen/{one}").text
    assert [event.kind for event in events(database)].count("reply.masked") == 1
    seen = anna.get(DESK).text
    assert number_of(seen) == int(one) != int(other)
    assert "Karimah" not in seen


def test_who_hid_words_does_not_code_that_reply(database: Database) -> None:
    number, *_ = answered_round(database, pairs=1)
    both = visitor(database, "ria", Role.ANALYST, Role.CODER)
    assert both.post(f"{DESK}/verbergen/{number}", data={"phrase": "verhuurd"}).status_code == 303
    answer = both.post(f"{DESK}/{number}", data={"label": "AL_VERHUURD"})
    assert answer.status_code == 403
    assert number_of(both.get(DESK).text) != number


@pytest.mark.long
def test_nothing_on_the_pages_of_a_coder_tells_an_arm_a_name_or_a_pair(database: Database) -> None:
    numbers = answered_round(database, pairs=3)
    told = set()
    for row in letters(database):
        name = row.profile["name"]
        told |= {name["first"], name["last"], name["name_set"], row.reply_address, row.message_id, row.pair.code}
        told |= {row.sender_name, row.pair.listing.key}
    told |= {"control", "treatment", "controleprofiel", "testprofiel", "Nederlands klinkende"}
    anna, bram = visitor(database, "anna", Role.CODER), visitor(database, "bram", Role.CODER)
    pages = ["/coderen", DESK, f"{DESK}/verschillen", "/"]
    seen = []
    for _ in numbers:
        seen += [anna.get(page).text for page in pages]
        code_next(anna, "OVERIG")
        code_next(bram, "AL_VERHUURD")
    carla = visitor(database, "carla", Role.CODER)
    seen += [carla.get(page).text for page in pages]
    # The two colours of the mark in the header are on every page.
    text = re.sub(r"pt-mark-\w+", "", "\n".join(seen)).casefold()
    assert text.count(MASK) > len(numbers)
    leaked = [cue for cue in told if re.search(rf"(?<!\w){re.escape(cue.casefold())}(?!\w)", text)]
    assert leaked == []


@pytest.mark.parametrize("role", [Role.ANALYST, Role.DESIGNER, Role.MUNICIPALITY])
def test_who_is_no_coder_neither_reads_the_queue_nor_codes(database: Database, role: Role) -> None:
    number, *_ = answered_round(database, pairs=1)
    other = visitor(database, "olga", role)
    assert other.get(DESK).status_code == 403
    assert other.post(f"{DESK}/{number}", data={"label": "OVERIG"}).status_code == 403
    assert label_of(database, number) is None


def test_a_coder_neither_hides_by_hand_nor_opens_a_pair(database: Database) -> None:
    answered_round(database, pairs=1)
    anna = visitor(database, "anna", Role.CODER)
    code = letters(database)[0].pair.code
    for address in (f"{DESK}/verbergen", f"/rondes/{ROUND}/tests", f"/rondes/{ROUND}/tests/{code}"):
        assert anna.get(address).status_code == 403


def test_a_reply_of_no_round_or_of_another_is_not_found(database: Database) -> None:
    answered_round(database, pairs=1)
    anna = visitor(database, "anna", Role.CODER)
    assert anna.post(f"{DESK}/999", data={"label": "OVERIG"}).status_code == 404
    assert anna.get("/coderen/weg").status_code == 404


def test_an_installation_with_nothing_to_code_says_so(database: Database) -> None:
    assert "Er is nu niets te coderen." in visitor(database, "anna", Role.CODER).get("/coderen").text
