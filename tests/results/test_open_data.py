"""Open data of a released outcome: the cells, the package around them, and the record for data portals."""

import csv
import hashlib
import io
import json
from datetime import date

import pytest
import report_makers as make

from results.releases import catalogue, document, open_data
from results.releases.catalogue import Published
from results.seal import canonical

SITE = "https://praktijktest.example"
MANDATORY = {
    "dcat:Dataset": (
        "dct:accessRights", "dcat:contactPoint", "dct:creator", "dct:description", "dct:identifier", "dct:publisher",
        "dcat:theme", "dct:title",
    ),
    "dcat:Distribution": ("dcat:accessURL", "dct:license"),
    "dcat:Catalog": ("dcat:contactPoint", "dcat:dataset", "dct:description", "dct:publisher", "dct:title"),
    "foaf:Agent": ("foaf:name",),
    "spdx:Checksum": ("spdx:algorithm", "spdx:checksumValue"),
}  # fmt: skip
"""What has a cardinality from 1 in DCAT-AP-NL 3.0: https://github.com/Geonovum/DCAT-AP-NL30, doc/gen/klassen.md and
doc/gen/ondersteunendeKlassen.md."""


def text(number: int = 1, reason: str | None = None) -> str:
    return canonical(document.make(make.full_round(state="closed"), (), number, reason))


def nodes(of: object) -> list[dict[str, object]]:
    """Every node of a JSON-LD document, itself first."""
    if isinstance(of, dict):
        return [of, *(each for value in of.values() for each in nodes(value))]
    return [each for value in of for each in nodes(value)] if isinstance(of, list) else []


@pytest.mark.parametrize("kind", MANDATORY)
def test_every_mandatory_property_of_the_profile_is_there(kind: str) -> None:
    made = catalogue.catalogue([Published(text(), date(2026, 11, 2))], SITE)
    found = [each for each in nodes(made) if each.get("@type") == kind]
    assert found
    assert [(each["@id"], name) for each in found for name in MANDATORY[kind] if not each.get(name)] == []


def test_the_checksum_of_a_distribution_is_that_of_the_file() -> None:
    made = catalogue.record(Published(text(), date(2026, 11, 2)), SITE)
    told = {
        each["dct:title"]: each["spdx:checksum"]["spdx:checksumValue"]["@value"] for each in made["dcat:distribution"]
    }
    assert told == {name: hashlib.sha256(file).hexdigest() for name, file in open_data.files_of(text()).items()}


def test_a_hidden_cell_has_the_symbol_and_the_reason_and_no_value() -> None:
    rows = list(csv.DictReader(io.StringIO(open_data.cells(json.loads(text())))))
    (hidden,) = [row for row in rows if row["part"] == "Hoogland"]
    assert (hidden["measure"], hidden["value"], hidden["symbol"]) == ("tests", "", "x")
    assert hidden["reason"].startswith("te klein")
    assert ("total", "net") in {(row["table"], row["measure"]) for row in rows if row["value"]}


def test_a_correction_names_the_version_before_it_and_why_it_came() -> None:
    made = catalogue.record(Published(text(2, "Een code is hersteld."), date(2026, 12, 2), before=1), SITE)
    assert made["dcat:previousVersion"] == {"@id": catalogue.address(SITE, "amersfoort-2026-najaar", 1)}
    assert made["adms:versionNotes"]["@value"] == "Een code is hersteld."
