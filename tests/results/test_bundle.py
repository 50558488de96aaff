"""The research file of a round: everything in one ZIP, and it computes its own headline again."""

import csv
import json
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pyreadstat
import pytest
from house_makers import refused
from hypothesis import given
from hypothesis import strategies as st
from r_maker import run_r
from report_makers import full_round, pair, pairs, table

from orchestrator.design import Approach, Design, canonical, digest, read_design
from profiles.errors import BadInput
from profiles.pairs import BOTH, Arm
from results.bundle import bundle_of, verify, zipped
from results.bundle.archive import CHECKSUMS, checksums
from results.bundle.headline import headline
from results.bundle.reading import read_pairs
from results.files import pairs_csv
from results.tables import RoundTable

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026" / "round.yaml"


def design(approach: Approach = Approach.PAIRED, **question: Any) -> Design:
    read = read_design(EXAMPLE)
    return read.model_copy(update={"question": read.question.model_copy(update={"approach": approach, **question})})


def files_of(made: RoundTable, **question: Any) -> dict[str, bytes]:
    plan = design(**question)
    facts = replace(made.facts, digest=digest(plan), level=plan.analysis.level, approach=plan.question.approach)
    return bundle_of(RoundTable(facts, made.rows), canonical(plan))


def written(contents: dict[str, bytes], folder: Path) -> Path:
    path = folder / "ronde.zip"
    path.write_bytes(zipped(contents))
    return path


def signed(contents: dict[str, bytes]) -> dict[str, bytes]:
    """The same files with checksums that are right: as somebody would who wants to deceive."""
    own = {name: content for name, content in contents.items() if name != CHECKSUMS}
    return {**own, CHECKSUMS: checksums(own)}


def wrong(contents: dict[str, bytes], folder: Path) -> str:
    with pytest.raises(BadInput) as caught:
        verify(written(contents, folder))
    return caught.value.problems[0].code


def test_the_headline_is_computed_again_from_the_rows_alone(tmp_path: Path) -> None:
    made = full_round()
    found = verify(written(files_of(made), tmp_path))
    assert {name: found.headline[name] for name in ("c11", "c10", "c01", "c00")} == {
        "c11": 100, "c10": 45, "c01": 17, "c00": 55,
    }  # fmt: skip
    assert found.headline["net"] == pytest.approx(28 / 217)
    assert found.digest == digest(design())
    assert found.seed == design().seed


def test_an_unpaired_round_is_computed_again_too(tmp_path: Path) -> None:
    dealt = zip(pairs(10, 8, 2, 20), BOTH * 20, strict=True)
    rows = [replace(row, first=arm, arms={arm: row.arms[arm]}) for row, arm in dealt]
    found = verify(written(files_of(table(rows), approach=Approach.UNPAIRED), tmp_path))
    assert found.headline["control_n"] == found.headline["treatment_n"] == 20


def test_a_set_of_three_has_columns_and_letters_of_every_treatment(tmp_path: Path) -> None:
    rows = [replace(row, arms={**row.arms, Arm.TREATMENT_2: row.arms[Arm.CONTROL]}) for row in pairs(10, 8, 2, 20)]
    contents = files_of(table(rows))
    assert verify(written(contents, tmp_path)).headline["c10"] == 8
    lines = list(csv.DictReader(StringIO(contents["data/letters.csv"].decode())))
    assert [line["arm"] for line in lines[:3]] == ["control", "treatment", "treatment-2"]
    path = tmp_path / "letters.sav"
    path.write_bytes(contents["data/letters.sav"])
    frame, _ = pyreadstat.read_sav(str(path), apply_value_formats=True)
    assert set(frame["arm"]) == {"controleprofiel", "testprofiel", "tweede testprofiel"}


@pytest.mark.long
@given(cells=st.lists(st.integers(0, 12), min_size=4, max_size=4).filter(any), advertisers=st.integers(1, 9))
def test_what_is_written_of_any_round_is_read_back_to_the_same_headline(cells: list[int], advertisers: int) -> None:
    rows = pairs(*cells, advertisers)
    assert headline(read_pairs(pairs_csv(table(rows)), "x"), "paired", 0.95) == headline(rows, "paired", 0.95)


def test_the_same_round_always_gives_the_same_bytes() -> None:
    assert zipped(files_of(full_round())) == zipped(files_of(full_round()))


def test_a_round_that_still_runs_has_no_research_file() -> None:
    with refused("round-not-closed"):
        bundle_of(full_round(state="running"), canonical(design()))


def test_no_name_of_an_applicant_or_an_advertiser_is_in_it() -> None:
    everything = b"".join(files_of(full_round()).values())
    assert b"Yaakoubi" not in everything
    assert b"Makelaardij" not in everything


def test_every_column_is_described_and_every_code_explained() -> None:
    contents = files_of(full_round())
    package = json.loads(contents["datapackage.json"])
    for resource in package["resources"]:
        lines = list(csv.DictReader(StringIO(contents[resource["path"]].decode())))
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(lines[0]) == list(fields)
        for name, field in fields.items():
            allowed = set(field.get("constraints", {}).get("enum", ())) | {""}
            assert not field.get("constraints") or {line[name] for line in lines} <= allowed
            assert f"| {name} |" in contents["codebook.md"].decode()


def test_the_data_package_is_what_the_specification_asks() -> None:
    """The parts of the Table Schema and Data Package profiles that concern us."""
    package = json.loads(files_of(full_round())["datapackage.json"])
    assert package["profile"] == "tabular-data-package"
    assert package["name"] == package["name"].lower()
    types = {field["type"] for each in package["resources"] for field in each["schema"]["fields"]}
    assert types <= {"string", "integer", "number", "boolean", "datetime"}


def test_the_crate_names_every_file() -> None:
    contents = files_of(full_round())
    graph = json.loads(contents["ro-crate-metadata.json"])["@graph"]
    told = {node["@id"] for node in graph if node["@type"] == "File"}
    assert told == contents.keys() - {"ro-crate-metadata.json", CHECKSUMS}


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_spss_and_stata_read_the_letters_with_their_labels(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"letters.{kind}"
    path.write_bytes(files_of(full_round())[f"data/letters.{kind}"])
    frame, facts = getattr(pyreadstat, f"read_{kind}")(str(path), apply_value_formats=True)
    assert len(frame) == 2 * len(full_round().rows)
    assert set(frame["arm"]) == {"controleprofiel", "testprofiel"}
    assert set(frame["positive"].dropna()) == {"ja", "nee"}
    assert facts.column_names_to_labels["answer_hours"] == "Uren tot het eerste antwoord van een mens"
    assert frame["answer_hours"].isna().any()


def test_the_zip_checks_itself_with_what_every_machine_has(tmp_path: Path) -> None:
    with ZipFile(BytesIO(zipped(files_of(full_round())))) as archive:
        archive.extractall(tmp_path)
    subprocess.run([shutil.which("sha256sum") or "", "--check", "--quiet", CHECKSUMS], cwd=tmp_path, check=True)


@pytest.mark.parametrize("approach", list(Approach))
def test_r_computes_the_same_headline(approach: Approach, tmp_path: Path) -> None:
    run_r("")  # skips without R
    made = table(pairs(98, 44, 16, 54))
    if approach is Approach.UNPAIRED:
        dealt = zip(made.rows, BOTH * 106, strict=True)
        made = table([replace(row, first=arm, arms={arm: row.arms[arm]}) for row, arm in dealt])
    with ZipFile(BytesIO(zipped(files_of(made, approach=approach)))) as archive:
        archive.extractall(tmp_path)
    told = run_r(f'setwd("{tmp_path}"); source("headline.R", echo = FALSE)')
    assert "DIFFERENT" not in told
    assert "net" in told


# What is not as it says.


def test_one_changed_answer_is_found(tmp_path: Path) -> None:
    contents = files_of(full_round())
    contents["data/pairs.csv"] = contents["data/pairs.csv"].replace(
        b",AL_VERHUURD,negative,0", b",UITNODIGING,positive,1", 1
    )
    assert wrong(contents, tmp_path) == "checksum-differs"
    assert wrong(signed(contents), tmp_path) == "headline-differs"


def test_another_design_than_the_one_that_was_frozen_is_found(tmp_path: Path) -> None:
    contents = files_of(full_round())
    contents["protocol.json"] = canonical(design(sham_share=0.2)).encode()
    assert wrong(signed(contents), tmp_path) == "other-protocol"


def test_a_file_that_is_missing_or_was_added_is_found(tmp_path: Path) -> None:
    contents = files_of(full_round())
    assert wrong({**contents, "data/extra.csv": b"x"}, tmp_path) == "checksum-differs"
    del contents["headline.csv"]
    assert wrong(contents, tmp_path) == "checksum-differs"
    assert wrong(signed(contents), tmp_path) == "file-missing"


@pytest.mark.parametrize(
    ("file", "content", "code"),
    [
        ("data/pairs.csv", b"pair,listing\n", "columns-missing"),
        ("headline.csv", b"name,value\nnet,veel\n", "headline-unreadable"),
        ("headline.csv", b"name,value\nnet,0.5\n", "headline-differs"),
    ],
)
def test_a_file_of_another_shape_is_named(file: str, content: bytes, code: str, tmp_path: Path) -> None:
    assert wrong(signed({**files_of(full_round()), file: content}), tmp_path) == code


def test_a_line_that_cannot_be_read_is_named_by_its_number() -> None:
    text = pairs_csv(table([pair("c10", 1), pair("c01", 2)])).replace("usable", "usable", 1)
    broken = text.replace("P-0002,L-0002,adv-00,broker", "P-0002,L-0002,adv-00,broker").replace(
        ",treatment,6.00", ",x,6.00"
    )
    with pytest.raises(BadInput) as caught:
        read_pairs(broken, "pairs.csv")
    assert (caught.value.problems[0].code, caught.value.problems[0].line) == ("line-unreadable", 3)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04broken"])
def test_what_is_no_zip_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "ronde.zip"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        verify(path)
    assert caught.value.problems[0].code == "not-a-zip"
