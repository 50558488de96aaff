"""Profiles as the record keeps them: plain JSON on the inquiry, and back."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement

from orchestrator.models import Inquiry
from profiles.profile import Gender, Language, Name, Profile


def to_record(profile: Profile) -> dict[str, Any]:
    """Return the profile as JSON-safe values."""
    return {
        "name": _name_record(profile.name),
        "age": profile.age,
        "occupation": profile.occupation,
        "contract": profile.contract,
        "income": profile.income,
        "household": profile.household,
        "move_in": profile.move_in.isoformat(),
        "town": profile.town,
        "partner": _name_record(profile.partner) if profile.partner else None,
        "sentence": profile.sentence,
        "language": profile.language.value,
        "phone": profile.phone,
        "address": profile.address,
    }


given_name: ColumnElement[str] = Inquiry.profile["name"]["first"].as_string()
"""How who wrote an inquiry is called, without reading all of the profile."""


def profile_of(inquiry: Inquiry) -> Profile:
    """Return the profile that an inquiry was written for; what an older record does not say is what it was then."""
    told = dict(inquiry.profile)
    partner = told.pop("partner", None)
    return Profile(
        name=_name(told.pop("name")),
        move_in=date.fromisoformat(told.pop("move_in")),
        partner=_name(partner) if partner else None,
        language=Language(told.pop("language", Language.DUTCH)),
        **told,
    )


def _name_record(name: Name) -> dict[str, Any]:
    return {
        "first": name.first,
        "last": name.last,
        "name_set": name.name_set,
        "gender": name.gender.value,
        "cohort": name.cohort,
    }


def _name(told: dict[str, Any]) -> Name:
    return Name(told["first"], told["last"], told["name_set"], Gender(told["gender"]), told.get("cohort"))
