"""The few web pages of an advertiser: two contact forms and what they say after sending."""

from collections.abc import Mapping
from html import escape

from market.world import Advertiser

FIELDS = {"naam": "Uw naam", "email": "Uw e-mailadres", "telefoon": "Telefoon (niet verplicht)",
          "advertentie": "Advertentie of referentie", "bericht": "Uw bericht"}  # fmt: skip
CONTACT = {"voornaam": "Voornaam", "achternaam": "Achternaam", "email": "E-mailadres", "telefoon": "Telefoon",
           "referentie": "Referentienummer", "bericht": "Uw vraag",
           "privacy": "Ik ga akkoord met de privacyverklaring"}  # fmt: skip
_TYPES = {"email": "email", "telefoon": "tel", "privacy": "checkbox"}


def form_page(advertiser: Advertiser, given: Mapping[str, str], problem: str = "") -> str:
    """The contact form, filled with what was given; ``problem`` is said above it."""
    return _page(f"Reageren bij {advertiser.name}", _form(FIELDS, given, problem))


def contact_page(advertiser: Advertiser, given: Mapping[str, str], token: str, problem: str = "") -> str:
    """The form with more fields, and a hidden one that only who opened this page can send."""
    hidden = f'<input type="hidden" name="csrf_token" value="{escape(token)}">\n'
    return _page(f"Contact met {advertiser.name}", _form(CONTACT, given, problem, hidden))


def thanks_page(advertiser: Advertiser, where: str = "") -> str:
    """What is shown after a message was taken in."""
    about = f"<p>U reageerde op {escape(where)}.</p>" if where else ""
    return _page(f"Reageren bij {advertiser.name}", f"<p>Bedankt voor uw bericht.</p>{about}")


def unknown_page() -> str:
    """What is shown for an address where nobody has a form."""
    return _page("Pagina niet gevonden", "<p>Deze aanbieder heeft hier geen formulier.</p>")


def _form(labels: Mapping[str, str], given: Mapping[str, str], problem: str, hidden: str = "") -> str:
    warning = f'<p role="alert">{escape(problem)}</p>\n' if problem else ""
    fields = "\n".join(_field(name, label, given.get(name, "")) for name, label in labels.items())
    return f'{warning}<form method="post">\n{hidden}{fields}\n<p><button type="submit">Versturen</button></p>\n</form>'


def _field(name: str, label: str, value: str) -> str:
    required = "" if name == "telefoon" else " required"
    head = f'<p><label for="{name}">{escape(label)}</label><br>'
    if name == "bericht":
        return (
            f'{head}<textarea id="{name}" name="{name}" rows="8" cols="60"{required}>\n{escape(value)}</textarea></p>'
        )
    kind = _TYPES.get(name, "text")
    shown = "" if kind == "checkbox" else f' value="{escape(value)}"'
    return f'{head}<input id="{name}" name="{name}" type="{kind}"{shown}{required}></p>'


def _page(title: str, content: str) -> str:
    name = escape(title)
    return (
        '<!doctype html>\n<html lang="nl">\n<head><meta charset="utf-8"><title>'
        f"{name}</title></head>\n<body>\n<main>\n<h1>{name}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )
