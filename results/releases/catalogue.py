"""Released outcomes as a catalogue for harvesters: JSON-LD by DCAT-AP-NL 3.0 (https://docs.geostandaarden.nl/dcat/dcat-ap-nl30/).

What is mandatory there is in tests/results/test_open_data.py, with the page it was read from.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from results.bundle.described import LICENCE
from results.releases import files, open_data

Node = dict[str, Any]
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "adms": "http://www.w3.org/ns/adms#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
EU = "http://publications.europa.eu/resource/authority/"
PUBLIC, SOCIETY, DUTCH = f"{EU}access-right/PUBLIC", f"{EU}data-theme/SOCI", f"{EU}language/NLD"
NETHERLANDS = f"{EU}country/NLD"
PROFILE = "https://docs.geostandaarden.nl/dcat/dcat-ap-nl30/"
IANA = "https://www.iana.org/assignments/media-types/"


@dataclass(frozen=True)
class Published:
    """A version that was released: its canonical document, the day of that, the versions around it, and its seal."""

    text: str
    day: date
    before: int | None = None
    after: int | None = None
    seal: str | None = None


def address(site: str, round_name: str, number: int) -> str:
    """Return where a version lives as open data."""
    return f"{site}/open-data/{round_name}/{number}"


def catalogue(published: Sequence[Published], site: str) -> Node:
    """Return all released versions as one catalogue; without any it is empty."""
    datasets = [dataset(each, site) for each in published]
    home = f"{site}/open-data"
    # The one who publishes is who commissioned the study that was released last.
    publisher = datasets[-1]["dct:publisher"] if datasets else _agent("Praktijktest", home)
    return {
        "@context": CONTEXT,
        "@id": home,
        "@type": "dcat:Catalog",
        "dct:title": _dutch("Uitkomsten van praktijktests"),
        "dct:description": _dutch(
            "Vrijgegeven uitkomsten van praktijktests op de huurmarkt, zonder herleidbare cijfers."
        ),
        "dct:publisher": publisher,
        "dcat:contactPoint": _contact(publisher["foaf:name"], home),
        "dct:license": {"@id": LICENCE["path"]},
        "foaf:homepage": {"@id": home},
        "dct:conformsTo": {"@id": PROFILE},
        "dcat:dataset": datasets,
    }


def record(published: Published, site: str) -> Node:
    """Return the record of one version, complete in itself."""
    return {"@context": CONTEXT, **dataset(published, site)}


def dataset(published: Published, site: str) -> Node:
    """Return a version as a dataset; one that was replaced says by which."""
    document = files.read(published.text)
    round_, number, study = document["round"], document["version"], document["study"]
    here, agent = address(site, round_, number), _agent(study["commissioner"], f"{site}/open-data")
    around = {"dcat:previousVersion": published.before, "dct:isReplacedBy": published.after}
    linked = {key: {"@id": address(site, round_, each)} for key, each in around.items() if each}
    notes = {"adms:versionNotes": _dutch(document["reason"])} if document["reason"] else {}
    return {
        "@id": here,
        "@type": "dcat:Dataset",
        "dct:identifier": here,
        "dcat:landingPage": {"@id": f"{site}/open-data"},
        "dct:title": _dutch(open_data.title(document)),
        "dct:description": _dutch(_described(document)),
        "dct:publisher": agent,
        "dct:creator": agent,
        "dcat:contactPoint": _contact(study["commissioner"], f"{site}/open-data"),
        "dct:accessRights": {"@id": PUBLIC, "@type": "dct:RightsStatement"},
        "dcat:theme": {"@id": SOCIETY},
        "dct:license": {"@id": LICENCE["path"]},
        "dct:language": {"@id": DUTCH},
        "dct:spatial": {"@id": NETHERLANDS, "@type": "dct:Location"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _day(document["protocol"]["firstDay"]),
            "dcat:endDate": _day(document["protocol"]["lastDay"]),
        },
        "dct:issued": _day(published.day.isoformat()),
        "dct:conformsTo": {"@id": "https://specs.frictionlessdata.io/tabular-data-package/", "@type": "dct:Standard"},
        "dcat:version": str(number),
        **linked,
        **notes,
        "dcat:distribution": [_distribution(name, content, here) for name, content in _files(published)],
    }


def _files(published: Published) -> Sequence[tuple[str, bytes]]:
    return tuple(open_data.files_of(published.text, published.seal).items())


def _distribution(name: str, content: bytes, here: str) -> Node:
    where = f"{here}/{name}"
    return {
        "@id": where,
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:accessURL": {"@id": where},
        "dcat:downloadURL": {"@id": where},
        "dct:license": {"@id": LICENCE["path"]},
        "dcat:mediaType": {"@id": f"{IANA}{open_data.TYPES[name]}"},
        "dct:format": {"@id": f"{EU}file-type/{name.rpartition('.')[2].upper()}"},
        "dcat:byteSize": {"@value": str(len(content)), "@type": "xsd:nonNegativeInteger"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": hashlib.sha256(content).hexdigest(), "@type": "xsd:hexBinary"},
        },
    }


def _described(document: Any) -> str:
    return (
        f"Uitkomst van een praktijktest op de huurmarkt: krijgen woningzoekers die in één ding verschillen, hetzelfde "
        f"antwoord? Grond: {document['study']['groundName']}. Cijfers over de hele ronde en over delen die groot "
        f"genoeg zijn; over één woningaanbieder staat er niets in."
    )


def _agent(name: str, where: str) -> Node:
    return {"@id": f"{where}#uitgever", "@type": "foaf:Agent", "foaf:name": name}


def _contact(name: str, where: str) -> Node:
    return {"@id": f"{where}#contact", "@type": "vcard:Organization", "vcard:fn": name, "vcard:hasURL": {"@id": where}}


def _dutch(text: str) -> Node:
    return {"@value": text, "@language": "nl"}


def _day(text: str) -> Node:
    return {"@value": text, "@type": "xsd:date"}
