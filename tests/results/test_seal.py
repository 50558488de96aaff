"""One seal over all that goes out of a round: what it hides, what it binds, and every file made again from the file."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from house_makers import ROUND, events, meddle, only_sqlite, refused
from release_makers import closed, draft, released, sign, versions
from sqlalchemy import update

from orchestrator.db import Database
from orchestrator.models import Advertiser, Listing, Release, ReleaseReport
from orchestrator.rounds import lookup
from profiles.errors import BadInput, Refused
from results import bundle, tables
from results.bundle.making import finished
from results.language import LANGUAGES
from results.paper import paper_of
from results.releases import binding, frozen_report, release_file, steps
from results.reports import Audience, build, render
from results.seal import PADDED_TO, Part, Proof, canonical, manifest, opening, read_proof

OWN = "kantoor-1"


def salts() -> Callable[[], str]:
    number = count(1)
    return lambda: f"{next(number):064x}"


@pytest.fixture(scope="module")
def whole(blank_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The release file of a released round, unpacked."""
    file = shutil.copy(blank_sqlite, tmp_path_factory.mktemp("seal") / "praktijktest.db")
    database = Database.at(f"sqlite:///{file}")
    released(database)
    with database.reading() as session:
        made = release_file.of_version(session, ROUND, 1)
    database.engine.dispose()
    return release_file.contents(made)


# --- what a seal hides and binds --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("advertisers", "entries"), [(0, 32), (1, 32), (31, 32), (32, 32), (33, 64)])
def test_the_manifest_tells_how_many_advertisers_there_were_only_to_thirty_two(advertisers: int, entries: int) -> None:
    opened = opening("{}", {f"adv-{each}": "x" for each in range(advertisers)}, salts())
    told = manifest("r", 1, "d", opened, {})
    assert len(json.loads(told)["reports"]) == entries
    assert entries % PADDED_TO == 0
    assert "adv-" not in told


def test_two_advertisers_with_the_same_report_have_another_commitment_each() -> None:
    opened = opening(None, {"a": "het zelfde", "b": "het zelfde"}, salts())
    assert len(set(opened.commitments())) == PADDED_TO


def test_a_commitment_is_the_sum_of_the_salt_and_the_part_as_any_program_computes_it() -> None:
    part = Part("ab" * 32, "uitkomst")
    assert part.commitment == hashlib.sha256(b"\xab" * 32 + b"uitkomst").hexdigest()


@pytest.mark.parametrize("field", ["seal", "manifest", "salt", "content"])
def test_a_proof_in_which_anything_was_changed_does_not_hold(field: str) -> None:
    opened = opening(None, {"a": "uitkomst"}, salts())
    proof = Proof(manifest("r", 1, "d", opened, {}), opened.reports["a"])
    assert read_proof(proof.text(), "bewijs.json") == proof
    told = json.loads(proof.text())
    told[field] = "00" * 32
    with pytest.raises(BadInput):
        read_proof(json.dumps(told), "bewijs.json")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"manifest": 3}', "{" * 5000])
def test_what_is_no_proof_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_proof(text, "x.json")
    assert caught.value.problems[0].code == "proof-unreadable"


# --- the frozen report of an advertiser -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_frozen_report_reads_as_the_live_one_did_but_for_what_that_says_of_itself(
    database: Database, language: str
) -> None:
    closed(database)
    with database.reading() as session:
        table = tables.load(session, ROUND)
    live = build(table, Audience.BROKER, advertiser=OWN, language=language)
    frozen = frozen_report.thaw(frozen_report.freeze(table)[OWN], language, "ab" * 32)
    shown, before = render(frozen, assets="x").splitlines(), render(live, assets="x").splitlines()
    differ = "".join(sorted(set(shown) - set(before)))
    assert live.interim is not None
    assert live.interim not in "".join(shown)
    assert "ab" * 32 in differ
    assert render(frozen_report.thaw(frozen_report.freeze(table)[OWN], language), assets="x").count("<tr") == render(
        live, assets="x"
    ).count("<tr")
    assert paper_of(frozen).moment == paper_of(live).moment


# --- a version and its seal -------------------------------------------------------------------------------------------


@pytest.mark.long
@only_sqlite
def test_the_seal_stands_in_the_ledger_and_a_further_version_has_another(database: Database) -> None:
    released(database)
    draft(database, reason="Een antwoord is opnieuw gecodeerd.")
    first, second = versions(database)
    assert first.seal != second.seal
    told = [event.data for event in events(database) if event.kind.startswith("release.drafted")]
    assert [each["seal"] for each in told] == [first.seal, second.seal]


@pytest.mark.long
@only_sqlite
def test_a_change_that_no_figure_of_the_outcome_shows_still_stops_the_signing(database: Database) -> None:
    closed(database)
    draft(database)
    meddle(database, update(Advertiser).where(Advertiser.key == OWN).values(name="Makelaardij Kantoor-1 BV"))
    with database.reading() as session:
        assert steps.changed(session, ROUND, 1).chapters == ("reports",)
    with refused("release-changed"):
        sign(database)


@pytest.mark.long
@only_sqlite
def test_a_release_file_is_refused_when_somebody_edited_a_table_and_says_which_part(database: Database) -> None:
    released(database)
    kept = update(ReleaseReport).where(ReleaseReport.id == 1).values(content="{}")
    for change, part in ((update(Listing).values(district="Elders"), "research/data/pairs.csv"), (kept, "reports/")):
        meddle(database, change)
        with database.reading() as session, pytest.raises(Refused, match=part):
            release_file.of_version(session, ROUND, 1)


@pytest.mark.long
@only_sqlite
def test_a_version_from_before_there_were_seals_stays_readable_and_says_so(database: Database) -> None:
    released(database)
    meddle(database, update(Release).values(seal=None, manifest=None, opening=None))
    with database.reading() as session:
        assert steps.changed(session, ROUND, 1).chapters == ()
        with refused("no-seal"):
            release_file.of_version(session, ROUND, 1)


@pytest.mark.long
@only_sqlite
def test_the_research_file_bears_the_seal_until_its_data_change(database: Database) -> None:
    released(database)
    with database.reading() as session:
        table, protocol = tables.load(session, ROUND), tables.protocol(session, ROUND)
        files = binding.research_files(table, protocol)
        version = binding.counting(session, lookup.find(session, ROUND))
        proof = binding.research_proof(version, files)
        other = binding.research_proof(version, {**files, "headline.csv": b""})
    assert proof is not None
    assert (proof.seal, proof.holds, other) == (versions(database)[0].seal, True, None)


# --- the release file -------------------------------------------------------------------------------------------------


def read(whole: dict[str, bytes]) -> release_file.ReleaseFile:
    return release_file.read(whole, "vrijgave.zip")


@pytest.mark.long
def test_every_file_of_the_release_bears_the_one_seal(whole: dict[str, bytes], tmp_path: Path) -> None:
    found = read(whole)
    made = release_file.made_again(found)
    sealed = {path for path, content in made.items() if release_file.seal_on(content) == found.seal}
    assert {path for path in made if path.endswith(("-nl.pdf", "-en.pdf"))} <= sealed
    assert f"onderzoeksbestand/{ROUND}.zip" in sealed
    assert len([path for path in sealed if path.startswith("terugkoppeling/")]) == 3 * len(found.opening.reports)
    (tmp_path / "r.zip").write_bytes(made[f"onderzoeksbestand/{ROUND}.zip"])
    assert bundle.verify(tmp_path / "r.zip").seal == found.seal


@pytest.mark.long
def test_a_stranger_elsewhere_on_earth_makes_every_file_again_byte_for_byte(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "vrijgave.zip").write_bytes(bundle.zipped(whole))
    there = {**os.environ, "PYTHONHASHSEED": "77", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    there["PRAKTIJKTEST_DATABASE_URL"] = "sqlite:////nergens/geen.db"
    code = "import sys; from portal.cli import main; sys.argv[:1] = ['praktijktest']; main()"
    command = [sys.executable, "-c", code, "release", "verify", str(tmp_path / "vrijgave.zip"), "--out", str(tmp_path)]
    ran = subprocess.run(command, env=there, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for path, content in release_file.made_again(read(whole)).items():
        assert (tmp_path / path).read_bytes() == content, path


def changed(whole: dict[str, bytes], path: str) -> dict[str, bytes]:
    return {**whole, path: whole[path].replace(b"1", b"2", 1) if b"1" in whole[path] else whole[path] + b" "}


@pytest.mark.long
@pytest.mark.parametrize(
    "path",
    [
        "document.json", "manifest.json", "research.json", "research/data/pairs.csv", "research/data/letters.sav",
        "research/results.json", "research/protocol.json", f"reports/{OWN}.json", "LEESMIJ.md",
    ],
)  # fmt: skip
def test_whatever_part_was_tampered_with_is_named(whole: dict[str, bytes], path: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(changed(whole, path))
    assert path in str(caught.value)


def test_a_report_that_was_left_out_or_put_in_is_seen(whole: dict[str, bytes]) -> None:
    opened = json.loads(whole["opening.json"])
    del opened["reports"][OWN]
    less = {path: content for path, content in whole.items() if path != f"reports/{OWN}.json"}
    for bad in ({**less, "opening.json": canonical(opened).encode()}, less, {**whole, "reports/vreemd.json": b"{}"}):
        with pytest.raises(BadInput):
            read(bad)


def test_a_name_in_the_file_cannot_lead_out_of_the_folder_it_is_unpacked_in(whole: dict[str, bytes]) -> None:
    opened = json.loads(whole["opening.json"])
    opened["reports"]["../../weg"] = opened["reports"].pop(OWN)
    bad = {**whole, "opening.json": canonical(opened).encode(), "reports/../../weg.json": whole[f"reports/{OWN}.json"]}
    with pytest.raises(BadInput, match="weg"):
        read(bad)


def test_the_release_file_of_a_round_at_thousands_of_advertisers_can_be_checked(tmp_path: Path) -> None:
    opened = opening(None, {f"kantoor-{each}": "{}" for each in range(2_000)}, salts())
    document = "{}"
    bound = manifest(ROUND, 1, hashlib.sha256(document.encode()).hexdigest(), opened, {})
    made = release_file.ReleaseFile(bound, document, opened, {})
    (tmp_path / "v.zip").write_bytes(bundle.zipped(release_file.contents(made)))
    assert release_file.opened(tmp_path / "v.zip") == made


def test_another_zip_is_no_release_file(tmp_path: Path, whole: dict[str, bytes]) -> None:
    (tmp_path / "r.zip").write_bytes(release_file.made_again(read(whole))[f"onderzoeksbestand/{ROUND}.zip"])
    with pytest.raises(BadInput, match="geen vrijgavebestand"):
        release_file.opened(tmp_path / "r.zip")


def test_a_research_file_with_right_checksums_and_other_data_is_not_under_its_seal(
    whole: dict[str, bytes], tmp_path: Path
) -> None:
    found = read(whole)
    assert found.opening.research is not None
    proof = Proof(found.manifest, found.opening.research).text()
    deceit = finished({**found.research, "codebook.md": b"iets anders"}, proof)
    (tmp_path / "r.zip").write_bytes(bundle.zipped(deceit))
    with pytest.raises(BadInput, match=r"seal-differs.*codebook\.md"):
        bundle.verify(tmp_path / "r.zip")


def test_what_the_manual_says_computes_the_seal_without_praktijktest(whole: dict[str, bytes]) -> None:
    proof = release_file.made_again(read(whole))[f"terugkoppeling/{OWN}-bewijs.json"]
    told = json.loads(proof)
    assert hashlib.sha256(told["manifest"].encode()).hexdigest() == told["seal"]
    commitment = hashlib.sha256(bytes.fromhex(told["salt"]) + told["content"].encode()).hexdigest()
    assert commitment in json.loads(told["manifest"])["reports"]
