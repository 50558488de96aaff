"""The example round is a whole one: it is read, fits together, and every pair finds its place."""

import json
from collections import Counter, defaultdict
from pathlib import Path

from orchestrator.assignment import Homes, draw, seat, select_listings
from orchestrator.design import Mode, digest, json_schema, read_design
from orchestrator.fitting import check_intake
from orchestrator.forms import Encoding
from orchestrator.forms_file import with_forms
from orchestrator.intake import AdvertiserKind, Channel, read_listings, read_participants
from orchestrator.schedule import place
from profiles.letters import variants
from profiles.pairs import Arm

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026"
DESIGN = read_design(EXAMPLE / "round.yaml")
PARTICIPANTS = with_forms(read_participants(EXAMPLE / "participants.csv"), EXAMPLE / "forms.yaml")
LISTINGS = read_listings(EXAMPLE / "listings.csv", PARTICIPANTS)


def test_the_example_fits_together_and_cannot_send_to_anybody() -> None:
    assert check_intake(DESIGN, PARTICIPANTS, LISTINGS) == ()
    assert DESIGN.mode is Mode.REHEARSAL
    assert DESIGN.letters.domain.endswith(".example")
    assert all(participant.email.endswith(".example") for participant in PARTICIPANTS)
    forms = [participant.form_url for participant in PARTICIPANTS if participant.form_url]
    assert all(form.startswith("http://127.0.0.1:8480/") for form in forms)


def test_the_example_keeps_the_digest_it_had_before_there_were_keys_to_leave_out() -> None:
    assert digest(DESIGN) == "00810d2c8da2c26bc5561ccf65658f66ca3c174b1b9623fffb1aeb48f2c73e79"


def test_the_example_has_brokers_and_landlords_letters_and_forms() -> None:
    kinds = Counter(participant.kind for participant in PARTICIPANTS)
    assert kinds == {AdvertiserKind.BROKER: 28, AdvertiserKind.PRIVATE_LANDLORD: 12}
    assert Counter(participant.channel for participant in PARTICIPANTS) == {Channel.SMTP: 30, Channel.WEBFORM: 10}


def test_the_example_describes_a_form_with_a_token_and_an_intake_api() -> None:
    told = {participant.form.encoding: participant.form for participant in PARTICIPANTS if participant.form}
    assert told[Encoding.FORM].tokens
    assert told[Encoding.JSON].success.json_


def test_the_listings_of_the_example_are_spread_and_distinct() -> None:
    assert len(LISTINGS) == 240
    assert len({listing.reference for listing in LISTINGS}) == 240
    districts = Counter(listing.district for listing in LISTINGS)
    assert len(districts) == 15
    assert min(districts.values()) >= 10
    assert all(950 <= listing.rent <= 1950 for listing in LISTINGS)
    assert all(listing.postcode.startswith("38") for listing in LISTINGS)


def test_every_pair_of_the_example_is_chosen_drawn_and_placed() -> None:
    selection = select_listings(DESIGN, PARTICIPANTS, LISTINGS)
    assert len(selection.chosen) == DESIGN.sample.pairs == 240
    keys = defaultdict(list)
    for listing in LISTINGS:
        keys[listing.advertiser].append(listing.listing)
    placed = {advertiser: place(DESIGN, advertiser, listings) for advertiser, listings in keys.items()}
    assert sum(len(placement.times) for placement in placed.values()) == 240
    homes = Homes.of([row.listing for row in LISTINGS], [row.advertiser for row in LISTINGS], [""] * len(LISTINGS))
    seats = seat(DESIGN, homes)
    drawn = [draw(DESIGN, key, variants(DESIGN.letters.level), seats[key]) for key in selection.chosen]
    assert Counter(each.first for each in drawn) == {Arm.CONTROL: 120, Arm.TREATMENT: 120}
    assert sum(each.sham is Arm.CONTROL for each in drawn) == 24


def test_the_schema_beside_the_example_is_the_schema_of_the_code() -> None:
    assert json.loads((EXAMPLE / "round.schema.json").read_text(encoding="utf-8")) == json_schema()
