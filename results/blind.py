"""What a coder sees of a reply: the text with every cue of the applicant masked."""

from orchestrator.models import Reply
from profiles.errors import Refused
from results.outcomes import leaks, mask_cues


def blind(reply: Reply) -> str:
    """Return subject and text, masked; raise `Refused` when a cue survives, for then nobody may code it blind."""
    inquiry = reply.inquiry
    names = [other.sender_name for other in inquiry.pair.inquiries]
    addresses = [other.reply_address for other in inquiry.pair.inquiries]
    masked = mask_cues(f"{reply.subject}\n\n{reply.text}", names, addresses)
    if leaks(masked, names, addresses):
        raise Refused("cue-left", f"In antwoord {reply.id} is een aanwijzing naar de kandidaat niet te verbergen.")
    return masked
