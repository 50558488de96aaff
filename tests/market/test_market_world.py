import pytest
from market_makers import make_world, write_world

from market.world import MarketError, is_address, read_world


def test_the_world_is_what_the_two_files_say(tmp_path):
    world = make_world(5, 2, webforms=2)
    assert read_world(*write_world(world, tmp_path)) == world


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("info@kantoor-1.example,smtp", "info@kantoor-1.example,fax", "3: 'channel' is 'fax'"),
        ("info@kantoor-1.example", "kantoor", "3: 'kantoor' is geen e-mailadres"),
        ("kantoor-1,Makelaardij", "kantoor-0,Makelaardij", "3: aanbieder 'kantoor-0' staat er twee keer in"),
        ("info@kantoor-1", "info@kantoor-0", "3: het e-mailadres info@kantoor-0.example staat er twee keer in"),
        ("channel", "kanaal", "1: de kolom 'channel' ontbreekt"),
    ],
)
def test_a_wrong_participants_file_is_refused_with_its_line(tmp_path, old, new, said):
    participants, listings = write_world(make_world(3, 1), tmp_path)
    participants.write_text(participants.read_text().replace(old, new))
    with pytest.raises(MarketError) as refused:
        read_world(participants, listings)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("1250", "veel", "'rent' is 'veel'"),
        ("Langestraat 1", "", "de kolom 'street' is leeg"),
        (",kantoor-0,", ",onbekend,", "aanbieder 'onbekend' staat niet in het deelnemersbestand"),
    ],
)
def test_a_wrong_listings_file_is_refused_with_its_line(tmp_path, old, new, said):
    participants, listings = write_world(make_world(3, 1), tmp_path)
    listings.write_text(listings.read_text().replace(old, new, 1))
    with pytest.raises(MarketError) as refused:
        read_world(participants, listings)
    assert f"listings.csv:2: {said}" in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    participants, _ = write_world(make_world(3, 1), tmp_path)
    with pytest.raises(MarketError, match=r"nergens\.csv: kan het bestand niet lezen"):
        read_world(participants, tmp_path / "nergens.csv")


def test_only_plain_addresses_are_written_to():
    assert is_address("emre.yildiz+a7@woonpost.example")
    assert not any(map(is_address, ["", "bas", "b@", "a..b@c.nl", "a@b\r\nRCPT TO:<c>", "büro@x.nl", 'a"b"@x.nl']))
