"""What a coder sees of a reply: the text with every cue of the applicant masked."""

import re
from dataclasses import dataclass
from typing import Self

from orchestrator.design import from_canonical
from orchestrator.models import Inquiry, Pair, Reply
from orchestrator.people import profile_of
from profiles.errors import Refused
from profiles.grounds import SignalKind
from results.leak_check import suspects
from results.outcomes import MASK, leaks, mask_cues


@dataclass(frozen=True)
class Cues:
    """What tells the applicants of a pair apart: names with those of partners, addresses and numbers, signal words."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    words: tuple[str, ...]
    domain: str

    @classmethod
    def of(cls, pair: Pair) -> Self:
        profiles = [profile_of(inquiry) for inquiry in pair.inquiries]
        design = from_canonical(pair.round.design)
        names = [profile.full_name for profile in profiles]
        names += [profile.partner.full for profile in profiles if profile.partner]
        addresses = [inquiry.reply_address for inquiry in pair.inquiries]
        addresses += [own for profile in profiles for own in (profile.phone, profile.address) if own]
        words = [*design.signal.cues, *(each.sentence for each in profiles if each.sentence)]
        return cls(tuple(names), tuple(addresses), tuple(words), design.letters.domain)

    def mask(self, text: str) -> str:
        return mask_cues(text, self.names, self.addresses, self.words)

    def left(self, masked: str) -> tuple[str, ...]:
        """Whatever known cue still stands in a masked text."""
        return leaks(masked, self.names, self.addresses, self.words)


@dataclass(frozen=True)
class Masked:
    """A reply as it would be shown; ``survives`` is what may point at the applicant, empty when coders may see it."""

    text: str
    survives: tuple[str, ...]


def masked(reply: Reply) -> Masked:
    """Mask a reply, by rule and then as people did by hand, and look for what survives."""
    cues = Cues.of(reply.inquiry.pair)
    text = cues.mask(f"{reply.subject}\n\n{reply.text}")
    for phrase in filter(None, (each.phrase for each in reply.masks)):
        text = re.sub(re.escape(phrase), MASK, text, flags=re.IGNORECASE)
    text = re.sub(rf"{MASK}(?:[ \t]*{MASK})+", MASK, text)
    return Masked(text.strip(), (*cues.left(text), *suspects(text, cues.names, cues.domain)))


def blind(reply: Reply) -> str:
    """Return subject and text, masked; raise `Refused` when a cue survives, for then nobody may code it blind.

    Masked are the names of the applicants and their partners, their addresses and numbers, and the words of the signal.
    Only the language that an advertiser answers in cannot be masked; that is what the claim of that ground says.
    """
    seen = masked(reply)
    if seen.survives:
        message = f"In antwoord {reply.id} is een aanwijzing naar de kandidaat niet te verbergen."
        raise Refused("cue-left", message, "Een onderzoeker kan de woorden met de hand verbergen.")
    return seen.text


def hide(inquiry: Inquiry, text: str) -> str | None:
    """Return a letter of ours with every cue masked; None when one survives, or when its language is the cue."""
    cues, signal = Cues.of(inquiry.pair), from_canonical(inquiry.pair.round.design).signal
    hidden = cues.mask(text)
    return None if signal.kind is SignalKind.LANGUAGE or cues.left(hidden) else hidden
