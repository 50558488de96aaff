"""The few web pages of an advertiser: a contact form and what it says after sending."""

from collections.abc import Mapping
from html import escape

from market.world import Advertiser, Listing

FIELDS = {"naam": "Uw naam", "email": "Uw e-mailadres", "telefoon": "Telefoon (niet verplicht)",
          "advertentie": "Advertentie of referentie", "bericht": "Uw bericht"}  # fmt: skip
_TYPES = {"email": "email", "telefoon": "tel"}


def form_page(advertiser: Advertiser, given: Mapping[str, str], problem: str = "") -> str:
    """The contact form, filled with what was given; ``problem`` is said above it."""
    warning = f'<p role="alert">{escape(problem)}</p>\n' if problem else ""
    fields = "\n".join(_field(name, label, given.get(name, "")) for name, label in FIELDS.items())
    return _page(
        f"Reageren bij {advertiser.name}",
        f'{warning}<form method="post">\n{fields}\n<p><button type="submit">Versturen</button></p>\n</form>',
    )


def thanks_page(advertiser: Advertiser, listing: Listing) -> str:
    """What is shown after a message was taken in."""
    where = escape(f"{listing.street}, {listing.city}")
    return _page(f"Reageren bij {advertiser.name}", f"<p>Bedankt voor uw bericht.</p><p>U reageerde op {where}.</p>")


def unknown_page() -> str:
    """What is shown for an address where nobody has a form."""
    return _page("Pagina niet gevonden", "<p>Deze aanbieder heeft hier geen formulier.</p>")


def _field(name: str, label: str, value: str) -> str:
    required = "" if name == "telefoon" else " required"
    head = f'<p><label for="{name}">{escape(label)}</label><br>'
    if name == "bericht":
        return (
            f'{head}<textarea id="{name}" name="{name}" rows="8" cols="60"{required}>\n{escape(value)}</textarea></p>'
        )
    kind = _TYPES.get(name, "text")
    return f'{head}<input id="{name}" name="{name}" type="{kind}" value="{escape(value)}"{required}></p>'


def _page(title: str, content: str) -> str:
    name = escape(title)
    return (
        '<!doctype html>\n<html lang="nl">\n<head><meta charset="utf-8"><title>'
        f"{name}</title></head>\n<body>\n<main>\n<h1>{name}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
