"""The letters of a pair, from what was drawn and the dwelling: what planning stores, and what can be made again."""

import base64
import hashlib
from dataclasses import dataclass

from orchestrator.assignment import Draw
from orchestrator.design import Design
from orchestrator.rounds.lent import NOTHING, Lending, Lent
from profiles import letters
from profiles.letters import Dwelling, Letter
from profiles.pairs import Arm, Matched
from profiles.profile import Profile


@dataclass(frozen=True)
class Composed:
    """A letter with its writer and what goes before it; ``order`` is 1 for the first, 0 for one that does not go."""

    order: int
    variant: str
    profile: Profile
    reply_address: str
    message_id: str
    letter: Letter


def compose(
    design: Design, drawn: Draw, matched: Matched, dwelling: Dwelling, arm: Arm, lending: Lending = NOTHING
) -> Composed:
    """Write the letter of one arm; of an arm that does not write, what it would have written."""
    profile, variant = lending.get(arm, Lent()).to(matched.of(arm)), drawn.variants[arm]
    domain = design.letters.domain
    token = _token(design, drawn.listing, arm)
    return Composed(
        order=drawn.arms.index(arm) + 1 if arm in drawn.arms else 0,
        variant=variant,
        profile=profile,
        reply_address=f"{profile.mailbox}.{token[:8]}@{domain}",
        message_id=f"<{token}@{domain}>",
        letter=letters.render(variant, profile, dwelling, design.letters.level),
    )


def _token(design: Design, listing_key: str, arm: Arm) -> str:
    """Return 26 letters and digits (130 bits) that belong to one inquiry and can be re-created from the design."""
    parts = (design.round, str(design.version), str(design.seed), listing_key, arm.value)
    hashed = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(hashed).decode().lower()[:26]
