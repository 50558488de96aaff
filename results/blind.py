"""What a coder sees of a reply: the text with every cue of the applicant masked."""

from orchestrator.design import from_canonical
from orchestrator.models import Reply
from orchestrator.people import profile_of
from profiles.errors import Refused
from results.outcomes import leaks, mask_cues


def blind(reply: Reply) -> str:
    """Return subject and text, masked; raise `Refused` when a cue survives, for then nobody may code it blind.

    Masked are the names of the applicants and their partners, their addresses and numbers, and the words of the signal.
    Only the language that an advertiser answers in cannot be masked; that is what the claim of that ground says.
    """
    pair = reply.inquiry.pair
    profiles = [profile_of(inquiry) for inquiry in pair.inquiries]
    names = [profile.full_name for profile in profiles]
    names += [profile.partner.full for profile in profiles if profile.partner]
    addresses = [inquiry.reply_address for inquiry in pair.inquiries]
    addresses += [own for profile in profiles for own in (profile.phone, profile.address) if own]
    words = [*from_canonical(pair.round.design).signal.cues, *(each.sentence for each in profiles if each.sentence)]
    masked = mask_cues(f"{reply.subject}\n\n{reply.text}", names, addresses, words)
    if leaks(masked, names, addresses, words):
        raise Refused("cue-left", f"In antwoord {reply.id} is een aanwijzing naar de kandidaat niet te verbergen.")
    return masked
