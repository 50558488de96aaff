"""The specification of the API: what FastAPI knows of the routes, and what the API Design Rules ask beside it."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from portal.api.inbound import MEDIA as MAIL
from portal.api.problems import MEDIA, TITLES

VERSION = "1.0.0"
ABOUT = """Wat programma's mogen lezen van de praktijktests van deze installatie, en waar een mailprovider mail brengt.

De API volgt de NLGov REST API Design Rules. Alles wat fout gaat komt als `application/problem+json`; een vraag die niet
klopt krijgt status 400 met alle fouten samen. Lijsten komen per bladzijde; de kop `Link` wijst naar de andere. Met
`If-None-Match` krijgt u alleen wat veranderd is.

Voor wie welk cijfer is, beslissen dezelfde regels als op de pagina's: voor de sluiting van een ronde staat hier niets
dat de profielen van elkaar onderscheidt, en de gemeente leest alleen wat is ondertekend."""
TAGS = [
    {"name": "rounds", "description": "Rondes en hoe het ermee staat. Rol: onderzoeker; bereik: `rounds:read`."},
    {"name": "outcomes", "description": "Uitkomsten. Rol: onderzoeker of gemeente; bereik: `outcomes:read`."},
    {"name": "ledger", "description": "Het logboek. Rol: onderzoeker, gemeente of beheerder; bereik: `ledger:read`."},
    {"name": "mail", "description": "Mail van een mailprovider, ondertekend."},
]
HEADERS = {
    "ApiVersion": {
        "description": "Versie van de API.",
        "required": True,
        "schema": {"type": "string", "examples": [VERSION]},
    },
    "ETag": {"description": "Merk van dit antwoord.", "required": True, "schema": {"type": "string"}},
    "Link": {"description": "De andere bladzijden (RFC 8288).", "required": True, "schema": {"type": "string"}},
    "RetryAfter": {"description": "Over zoveel seconden weer.", "required": True, "schema": {"type": "string"}},
}
CONDITION = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "De ETag die u al hebt.",
    "schema": {"type": "string"},
}
WAITING = {"429", "503"}


def describe(api: FastAPI, site: str, email: str) -> dict[str, Any]:
    """Return the specification (OpenAPI 3.1) of an installation at this address; ``email`` is of who keeps it."""
    told = get_openapi(
        title="Praktijktest",
        version=VERSION,
        summary="Rondes, uitkomsten en inkomende mail",
        description=ABOUT,
        routes=api.routes,
        tags=TAGS,
        servers=[{"url": f"{site}/v1", "description": "Deze installatie"}],
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    # Beside it, for FastAPI would ask for a library that judges addresses.
    told["info"]["contact"] = {"name": "Beheer van Praktijktest", "url": site, "email": email}
    parts = told["components"]
    for spare in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(spare, None)
    parts["headers"] = HEADERS
    parts["responses"] = {f"Problem{status}": _problem(status) for status in map(str, TITLES)}
    for operation in _operations(told):
        _complete(operation)
    return told


def _operations(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for path in told["paths"].values() for operation in path.values())


def _complete(operation: dict[str, Any]) -> None:
    """Add to an operation the headers of its answer, and every problem that it can answer with."""
    brings = MAIL in operation.get("requestBody", {}).get("content", {})
    for spare in ("422", "default"):
        operation["responses"].pop(spare, None)
    (success,) = operation["responses"].values()
    asked = operation.get("parameters", [])
    success["headers"] = _headers(*(() if brings else ("ETag",)), *(("Link",) if _is_list(asked) else ()))
    problems = {"401", "500", "503"} | ({"404", "409", "413", "415"} if brings else {"403", "406", "429"})
    problems |= {"400"} if asked else set()
    problems |= {"404"} if any(each["in"] == "path" for each in asked) else set()
    if not brings:
        operation["responses"]["304"] = {"description": "Niet veranderd", "headers": dict(success["headers"])}
        operation["parameters"] = [*asked, CONDITION]
    if brings:
        operation["security"] = [{"signature": []}]
    success["description"] = "Bewaard" if brings else "Het gevraagde"
    problems |= {"400"} if operation["parameters"] else set()
    operation["responses"] |= {each: {"$ref": f"#/components/responses/Problem{each}"} for each in sorted(problems)}
    operation["operationId"] = _camel(operation["operationId"])


def _is_list(parameters: list[dict[str, Any]]) -> bool:
    return any(each["name"] == "page" for each in parameters)


def _problem(status: str) -> dict[str, Any]:
    headers = _headers(*(("Retry-After",) if status in WAITING else ()))
    content = {MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": TITLES[int(status)], "headers": headers, "content": content}


def _headers(*names: str) -> dict[str, Any]:
    known = {"API-Version": "ApiVersion", **{name: name.replace("-", "") for name in names}}
    return {name: {"$ref": f"#/components/headers/{place}"} for name, place in known.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
