"""How a participant's contact form or intake API is filled in, as its enrolment describes it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from orchestrator.design.kinds import Text
from orchestrator.design.model import Part
from orchestrator.design.places import Located, located
from orchestrator.web_address import host_of, is_web_address

# Dutch numbers, however spaced: 06-12345678, 033 123 45 67, +31 6 12345678.
_PHONE = re.compile(r"(\+31|0031|0)\(?0?\)?[1-9]\d{8}")


class Value(StrEnum):
    """What of a letter a field may hold. There is nothing else, so that nothing can be made up for a form.

    ``family_name`` has its prefix ("van Dijk"); ``reference`` is the street and city of a dwelling without one.
    """

    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    EMAIL = "email"
    SUBJECT = "subject"
    MESSAGE = "message"
    REFERENCE = "reference"


class Encoding(StrEnum):
    """How the fields are posted: as a browser posts a form, or as one JSON object."""

    FORM = "form"
    JSON = "json"


def _web_address(value: str) -> str:
    if not is_web_address(value):
        raise PydanticCustomError("web_address", "a web address")
    return value


def _host(value: str) -> str:
    if value not in (host_of(f"https://{value}"), host_of(f"http://{value}")):
        raise PydanticCustomError("web_host", "a host, with a port unless it is the usual one")
    return value


def _plain(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise PydanticCustomError("plain_value", "a text, a number or a truth value")
    return value


WebAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_web_address)]
Host = Annotated[str, AfterValidator(_host)]
PlainValue = Annotated[str | int | float | bool, BeforeValidator(_plain)]


class Success(Part):
    """When a message was taken: everything that is given here must hold of the last answer."""

    status: tuple[int, ...] = Field(
        default=(), description="De statuscodes van een geslaagd bericht; anders elke 2xx.", examples=[[200]]
    )
    text: Text | None = Field(
        default=None,
        description="Wat er op de bedankpagina staat; hoofdletters doen er niet toe.",
        examples=["bedankt"],
    )
    json_: dict[str, PlainValue] = Field(
        default={},
        alias="json",
        description="Wat er in een JSON-antwoord staat; een punt gaat een laag dieper.",
        examples=[{"status": "ontvangen"}],
    )
    url: WebAddress | None = Field(
        default=None,
        description="Het adres van de bedankpagina waar het formulier naar doorstuurt.",
        examples=["https://kantoor.example/bedankt"],
    )


class Form(Part):
    """One form: where it is posted, what goes in which field, and how one sees that the message was taken.

    ``page`` is read before every post: the ``tokens`` are taken from the form on it, and a field that is gone, or a
    new one that must be filled in, is found before anything leaves.
    """

    url: WebAddress = Field(
        description="Het adres waar het formulier naartoe gaat: form_url in de deelnemerslijst.",
        examples=["https://kantoor.example/contact"],
    )
    method: Literal["post"] = Field(default="post", description="Altijd post.", examples=["post"])
    encoding: Encoding = Field(
        default=Encoding.FORM, description="form (zoals een browser) of json.", examples=["form"]
    )
    fields: dict[str, Value] = Field(
        min_length=1,
        description="Naam van elk veld en wat erin komt.",
        examples=[{"naam": "name", "email": "email", "bericht": "message"}],
    )
    fixed: dict[str, PlainValue] = Field(
        default={}, description="Velden die altijd hetzelfde zijn.", examples=[{"privacy": "on"}]
    )
    page: WebAddress | None = Field(
        default=None,
        description="De pagina waarop het formulier staat; die wordt voor elk bericht gelezen.",
        examples=["https://kantoor.example/contact"],
    )
    tokens: tuple[Text, ...] = Field(
        default=(), description="Verborgen velden die van die pagina worden overgenomen.", examples=[["csrf_token"]]
    )
    success: Success = Field(description="Waaraan te zien is dat het bericht is aangenomen.")
    hosts: tuple[Host, ...] = Field(
        default=(), description="Servers waarnaar het formulier mag doorsturen.", examples=[["www.kantoor.example"]]
    )

    @property
    def allowed(self) -> frozenset[str]:
        """The hosts that may be asked anything for this form."""
        named = {host_of(self.url), *self.hosts}
        return frozenset(named | {host_of(self.page)} if self.page else named)

    def filled(self, values: Mapping[Value, str], tokens: Mapping[str, str]) -> dict[str, Any]:
        """Return what is posted; a dotted name of a JSON form leads into a group."""
        flat = {name: values[value] for name, value in self.fields.items()} | dict(tokens) | self.fixed
        if self.encoding is Encoding.FORM:
            return flat
        nested: dict[str, Any] = {}
        for name, value in flat.items():
            *groups, last = name.split(".")
            group = nested
            for step in groups:
                group = group.setdefault(step, {})
            group[last] = value
        return nested


def simple(url: str) -> Form:
    """The form of an advertiser who gave an address and no description."""
    fields = {
        "naam": Value.NAME,
        "email": Value.EMAIL,
        "advertentie": Value.REFERENCE,
        "bericht": Value.MESSAGE,
    }
    return Form(url=url, fields=fields, success=Success(text="bedankt"))


def described(stored: Mapping[str, Any] | None, url: str) -> Form:
    """The form as its enrolment was stored, or the simple one at ``url``."""
    return Form.model_validate(stored) if stored else simple(url)


def broken_rules(form: Form) -> Iterator[Located]:
    """What the shape of a description cannot say, each with its place in it."""
    yield from _incomplete(form)
    yield from _named_twice(form)
    yield from _invented(form)
    yield from _without_page(form)
    yield from _unproved(form)


def _incomplete(form: Form) -> Iterator[Located]:
    filled = set(form.fields.values())
    missing = [value.value for value in (Value.EMAIL, Value.MESSAGE) if value not in filled]
    if Value.NAME not in filled and not {Value.GIVEN_NAME, Value.FAMILY_NAME} <= filled:
        missing.insert(0, "name (of given_name en family_name)")
    if missing:
        message = f"Geen veld krijgt {', '.join(missing)}; zonder dat is er geen bericht of geen antwoord."
        remedy = "Zet bij een veld van het formulier wat erin komt, bijvoorbeeld: e-mail: email"
        yield located(("fields",), "field-missing", message, found=None, remedy=remedy)


def _named_twice(form: Form) -> Iterator[Located]:
    groups: dict[str, Iterable[str]] = {"fields": form.fields, "fixed": form.fixed, "tokens": form.tokens}
    named = [(group, name) for group, names in groups.items() for name in names]
    for place, (group, name) in enumerate(named):
        others = [other for _, other in named[:place] + named[place + 1 :]]
        # In JSON a group cannot be a value as well: "aanvrager" and "aanvrager.naam".
        within = form.encoding is Encoding.JSON and any(name.startswith(f"{other}.") for other in others)
        if within or name in others:
            message = f"Het veld '{name}' kan maar één ding bevatten, en staat hier in twee betekenissen."
            yield located((group, name), "field-twice", message, found=name, remedy="Haal een van de twee weg.")


def _invented(form: Form) -> Iterator[Located]:
    for name, value in form.fixed.items():
        if _PHONE.fullmatch(re.sub(r"[\s.-]", "", str(value))):
            message = "Een verzonnen telefoonnummer kan van iemand zijn; dat vullen we nooit in."
            remedy = "Laat het veld weg. Is het verplicht, benader de aanbieder dan per mail."
            yield located(("fixed", name), "invented-phone", message, found=str(value), remedy=remedy)


def _without_page(form: Form) -> Iterator[Located]:
    if form.tokens and form.page is None:
        message = "Verborgen velden worden van de pagina met het formulier gelezen, en die ontbreekt."
        yield located(("tokens",), "token-without-page", message, found=None, remedy="Schrijf page: en haar adres.")
    if form.page and form.encoding is Encoding.JSON:
        message = "Een JSON-bericht hoort bij geen pagina met een formulier."
        yield located(
            ("page",), "page-for-json", message, found=None, remedy="Haal page weg, of schrijf encoding: form."
        )


def _unproved(form: Form) -> Iterator[Located]:
    success = form.success
    # A form page that comes back with complaints has status 200 as well.
    enough = success.text or success.url or success.json_ or (form.encoding is Encoding.JSON and success.status)
    if not enough:
        message = "Hieraan is niet te zien of het bericht is aangenomen."
        remedy = "Schrijf bijvoorbeeld: text: bedankt"
        yield located(("success",), "no-success-test", message, found=None, remedy=remedy)
