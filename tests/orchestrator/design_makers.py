"""Makers of sound designs for the tests of this room."""

from typing import Any

from orchestrator.design import Design


def plain(**parts: Any) -> dict[str, Any]:
    """The data of a sound design; a part given as a dict replaces some of its keys."""
    whole: dict[str, Any] = {
        "round": "proef-2026",
        "version": 1,
        "mode": "rehearsal",
        "seed": 7,
        "study": {
            "name": "Proef",
            "commissioner": "Gemeente Proefstad",
            "legal_basis": "Besluit",
            "ethics_reference": "E-1",
            "dpia_reference": "D-1",
            "purpose": "learning",
            "retention_months": 6,
        },
        "question": {"ground": "origin", "control": "dutch", "treatment": "moroccan", "sham_share": 0.1},
        "letters": {"level": "minimal", "domain": "woonpost.example"},
        "sample": {"pairs": 240, "per_advertiser": 8},
        "schedule": {
            "first_day": "2026-09-07",
            "last_day": "2026-10-09",
            "weekdays": ["mon", "tue", "wed", "thu", "fri"],
            "from": "09:00",
            "until": "17:30",
            "order": "random",
            "gap_hours": {"min": 2, "max": 30},
            "per_advertiser_week": 3,
            "cooldown_hours": 4,
        },
        "outcome": {"positive": ["positive"], "response_days": 10},
        "analysis": {"level": 0.95},
    }
    for name, part in parts.items():
        whole[name] = {**whole[name], **part} if isinstance(part, dict) else part
    return whole


def a_design(**parts: Any) -> Design:
    return Design.model_validate(plain(**parts))
