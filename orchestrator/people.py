"""Profiles as the record keeps them: plain JSON on the inquiry, and back."""

from datetime import date
from typing import Any

from orchestrator.models import Inquiry
from profiles.profile import Gender, Name, Profile


def to_record(profile: Profile) -> dict[str, Any]:
    """Return the profile as JSON-safe values."""
    name = profile.name
    return {
        "name": {
            "first": name.first,
            "last": name.last,
            "name_set": name.name_set,
            "gender": name.gender.value,
            "cohort": name.cohort,
        },
        "age": profile.age,
        "occupation": profile.occupation,
        "contract": profile.contract,
        "income": profile.income,
        "household": profile.household,
        "move_in": profile.move_in.isoformat(),
    }


def profile_of(inquiry: Inquiry) -> Profile:
    """Return the profile that an inquiry was written for."""
    told = dict(inquiry.profile)
    name = told.pop("name")
    return Profile(
        name=Name(name["first"], name["last"], name["name_set"], Gender(name["gender"]), name.get("cohort")),
        move_in=date.fromisoformat(told.pop("move_in")),
        **told,
    )
