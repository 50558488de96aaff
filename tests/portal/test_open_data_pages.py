"""Released outcomes as open data: for anybody, from the release on, with nothing of any advertiser."""

import io
import json
from zipfile import ZipFile

import pytest
from app_makers import an_app
from house_makers import ROUND, only_sqlite
from release_makers import closed, draft, read, release, released, sign, versions
from sqlalchemy import select, update
from starlette.testclient import TestClient

from orchestrator.db import Database
from orchestrator.models import Advertiser, Listing, Pair, Release
from orchestrator.settings import Settings

pytestmark = [only_sqlite, pytest.mark.long]
LIST, RECORD = "/open-data", f"/open-data/{ROUND}/1/dcat.jsonld"
FILES = ("cijfers.csv", "uitkomst.json", "uitkomst.pdf", "open-data.zip")


def anybody(database: Database) -> TestClient:
    app = an_app(database, settings=Settings(web_url="https://praktijktest.example"))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


def for_real(database: Database, was: str = "rehearsal", now: str = "live") -> None:
    """Let what was made into a version be of a real round, or of a rehearsal again."""
    with database.writing() as session:
        for each in session.scalars(select(Release)):
            text = each.document.replace(f'"mode":"{was}"', f'"mode":"{now}"')
            session.execute(update(Release).where(Release.id == each.id).values(document=text))


def addresses() -> list[str]:
    return [RECORD, *(f"/open-data/{ROUND}/1/{name}" for name in FILES)]


def test_nothing_is_open_before_the_release_and_it_looks_like_what_does_not_exist(database: Database) -> None:
    closed(database)
    visitor = anybody(database)
    nothing = visitor.get("/open-data/bestaat-niet/1/cijfers.csv")
    for step in (draft, sign, read):
        step(database)
        for_real(database)
        for address in addresses():
            answer = visitor.get(address)
            assert answer.status_code == 404, (step, address)
            assert answer.text.replace(address, "") == nothing.text.replace("/open-data/bestaat-niet/1/cijfers.csv", "")
        assert ROUND not in visitor.get(LIST).text
        for_real(database, "live", "rehearsal")
    release(database)
    for_real(database)
    assert all(visitor.get(address).status_code == 200 for address in addresses())


def test_figures_of_a_rehearsal_are_no_open_data(database: Database) -> None:
    released(database)
    visitor = anybody(database)
    assert "nog geen uitkomst vrijgegeven" in visitor.get(LIST).text
    assert [visitor.get(address).status_code for address in addresses()] == [404] * len(addresses())


def test_a_harvester_finds_every_file_by_its_address_in_the_catalogue(database: Database) -> None:
    released(database)
    for_real(database)
    visitor = anybody(database)
    answer = visitor.get("/open-data/catalogus.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    (dataset,) = json.loads(answer.text)["dcat:dataset"]
    assert dataset == {key: value for key, value in visitor.get(RECORD).json().items() if key != "@context"}
    for each in dataset["dcat:distribution"]:
        file = visitor.get(each["dcat:downloadURL"]["@id"].removeprefix("https://praktijktest.example"))
        assert len(file.content) == int(each["dcat:byteSize"]["@value"])
    assert set(ZipFile(io.BytesIO(visitor.get(f"/open-data/{ROUND}/1/open-data.zip").content)).namelist()) == {
        "cijfers.csv", "datapackage.json", "uitkomst.json",
    }  # fmt: skip


def test_no_file_has_anything_of_an_advertiser_a_listing_or_a_test(database: Database) -> None:
    released(database)
    for_real(database)
    visitor = anybody(database)
    with database.reading() as session:
        names = [*session.scalars(select(Advertiser.name)), *session.scalars(select(Advertiser.key))]
        names += [*session.scalars(select(Pair.code)), *session.scalars(select(Listing.street))]
        names += session.scalars(select(Listing.key))
    for address in (
        LIST,
        "/open-data/catalogus.jsonld",
        RECORD,
        *(f"/open-data/{ROUND}/1/{name}" for name in FILES[:2]),
    ):
        text = visitor.get(address).text
        assert [each for each in names if each in text] == [], address


def test_a_replaced_version_stays_and_says_by_which(database: Database) -> None:
    released(database)
    draft(database, reason="Een code is hersteld.")
    for step in (sign, read, release):
        step(database, number=2)
    for_real(database)
    visitor = anybody(database)
    assert [each.state.value for each in versions(database)] == ["replaced", "released"]
    assert "Deze versie is vervangen door versie 2." in visitor.get(LIST).text
    assert visitor.get(RECORD).json()["dct:isReplacedBy"]["@id"].endswith(f"/{ROUND}/2")
    assert (
        visitor.get(f"/open-data/{ROUND}/2/dcat.jsonld").json()["dcat:previousVersion"]["@id"].endswith(f"/{ROUND}/1")
    )
