"""Names that raters judged, as a test needs them. The figures are made up, and stay in the tests."""

from typing import Any

from orchestrator import name_bank
from orchestrator.perceptions import perceptions_csv
from profiles.catalogue import Catalogue
from profiles.perception import Perception
from profiles.profile import Name

NAMES = name_bank.load()


def a_record(name: Name, **told: Any) -> Perception:
    values = {"year": 2026, "raters": 60, "recognised": 0.95, "class_mean": 3.0, "religiosity_mean": 2.0} | told
    return Perception(name.first, name.last, name.name_set, source="proef", **values)


def records(*keys: str, **told: Any) -> list[Perception]:
    """A record for every name of these sets."""
    return [a_record(name, **told) for key in keys for name in NAMES.of(key)]


def a_bank(*some: Perception, avoided: dict[str, str] | None = None) -> Catalogue:
    """The bank in which the dutch and moroccan names are surely recognised, unless these records say otherwise."""
    return name_bank.furnish(NAMES, [*records("dutch", "moroccan"), *some], avoided or {})


def csv_of(*some: Perception) -> str:
    named = {name.full: name for name in NAMES.names if NAMES.sets[name.name_set].of is None}
    return perceptions_csv((named[record.full], record) for record in some)
