"""The repository says what it is (publiccode.yml 0.4), under which licence, and where to report a weakness."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
REQUIRED = {
    "publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType", "description", "legal",
    "maintenance", "localisation",
}  # fmt: skip
KNOWN = REQUIRED | {"softwareVersion", "categories", "intendedAudience", "dependsOn"}
"""Required and used keys of the core schema; the standard has more that are optional."""


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(ROOT / "publiccode.yml")
    return found


def test_every_key_that_the_standard_requires_is_there_and_none_that_it_does_not_know(told: dict[str, Any]) -> None:
    assert REQUIRED <= set(told) <= KNOWN
    assert told["publiccodeYmlVersion"] == "0.4"
    assert told["developmentStatus"] in {"concept", "development", "beta", "stable", "obsolete"}
    assert told["softwareType"] == "standalone/web"
    assert told["maintenance"]["type"] in {"internal", "community"}
    assert all(contact["name"] for contact in told["maintenance"]["contacts"])
    assert told["localisation"]["localisationReady"] is True
    assert told["url"].startswith("https://")


def test_each_language_of_the_description_keeps_to_the_lengths_of_the_standard(told: dict[str, Any]) -> None:
    assert set(told["description"]) == set(told["localisation"]["availableLanguages"])
    for each in told["description"].values():
        assert len(each["shortDescription"]) <= 150
        assert 150 <= len(each["longDescription"]) <= 10_000
        assert each["features"]
        assert all(len(feature) <= 100 for feature in each["features"])


def test_it_tells_the_version_and_licence_that_the_package_has(told: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (told["softwareVersion"], told["legal"]["license"]) == (project["version"], project["license"])
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (ROOT / "LICENSE").read_text(encoding="utf-8")


def test_who_finds_a_weakness_reads_how_to_report_it_what_counts_and_for_which_versions() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.M) == ["Reporting", "Supported versions", "In scope"]
    assert [link for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text) if not (ROOT / link).exists()] == []
