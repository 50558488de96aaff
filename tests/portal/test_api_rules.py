"""The specification keeps every rule of the official linter of the API Design Rules, and each rule can be broken."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from api_makers import SETTINGS
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from nlgov_rules import RULES, followed

from portal.api import answers
from portal.api.app import create_api
from portal.api.shapes import PageQuery

Tree = dict[str, Any]


def specification() -> Tree:
    """The document as it is published by an installation at an address of its own."""
    api = create_api(None, None, None, SETTINGS)  # type: ignore[arg-type]  # nothing is asked of them
    (route,) = [each for each in api.routes if isinstance(each, APIRoute) and each.name == "openapi"]
    told: Tree = json.loads(route.endpoint().body)
    return told


PUBLISHED = specification()


def put(*path: str, value: Any) -> Callable[[Tree], None]:
    """Return what writes a value at a place of a specification."""

    def change(told: Tree) -> None:
        node: Any = told
        for part in path[:-1]:
            node = node[int(part)] if isinstance(node, list) else node[part]
        if value is None:
            del node[path[-1]]
        else:
            node[path[-1]] = value

    return change


def renamed(*path: str, to: str) -> Callable[[Tree], None]:
    """Return what gives the node at a place another name."""

    def change(told: Tree) -> None:
        node: Any = told
        for part in path[:-1]:
            node = node[part]
        node[to] = node.pop(path[-1])

    return change


LIST = ("paths", "/rounds", "get")
ROUND = ("components", "schemas", "Round", "properties")
OK = (*LIST, "responses", "200")

BROKEN: dict[str, Callable[[Tree], None]] = {
    "oas3-schema": put("info", "title", value=None),
    "operation-operationId-unique": put(*LIST, "operationId", value="readRound"),
    "path-params": renamed("paths", "/rounds/{roundName}", to="/rounds/{name}"),
    "openapi-tags-uniqueness": put("tags", value=[{"name": "a"}, {"name": "a"}]),
    "oas3-valid-media-example": put(*OK, "content", "application/json", "example", value={"items": 1}),
    "oas3-valid-schema-example": put(*ROUND, "name", "examples", value=["Geen Naam"]),
    "oas3-server-variables": put("servers", value=[{"url": "https://{host}/v1"}]),
    "oas3-api-servers": put("servers", value=[]),
    "path-keys-no-trailing-slash": renamed("paths", "/rounds", to="/rounds/"),
    "nlgov:openapi3": put("openapi", value="2.0"),
    "nlgov:openapi-root-exists": put("openapi", value=None),
    "nlgov:missing-version-header": put(*OK, "headers", value={"ETag": {}}),
    "nlgov:missing-header": put(*OK, "headers", value=None),
    "nlgov:include-major-version-in-uri": put("servers", value=[{"url": "https://desk.example/api"}]),
    "nlgov:paths-no-trailing-slash": renamed("paths", "/rounds", to="/rounds/"),
    "info-contact": put("info", "contact", value=None),
    "nlgov:info-contact-fields-exist": put("info", "contact", value={"name": "beheer"}),
    "nlgov:http-methods": renamed(*LIST, to="trace"),
    "nlgov:paths-kebab-case": renamed("paths", "/ledger-head", to="/ledgerHead"),
    "nlgov:query-keys-camel-case": put(*LIST, "parameters", value=[{"name": "page_size", "in": "query"}]),
    "nlgov:schema-camel-case": put("components", "schemas", "ledger_head", value={"type": "string"}),
    "nlgov:servers-use-https": put("servers", value=[{"url": "http://desk.example/v1"}]),
    "nlgov:use-problem-schema": renamed(
        "components", "responses", "Problem404", "content", "application/problem+json", to="application/json"
    ),
    "nlgov:problem-schema-members": put("components", "schemas", "Problem", "properties", "detail", value=None),
    "nlgov:problem-invalid-input": put("paths", "/inbound-mail", "post", "responses", "400", value=None),
    "nlgov:property-casing": renamed(*ROUND, "waitsFor", to="waits_for"),
    "nlgov:date-time-ensure-timezone": put(*ROUND, "since", value={"type": "string", "format": "date-time-local"}),
    "nlgov:time-without-timezone": put(*ROUND, "opens", value={"type": "string", "format": "time"}),
    "nlgov:specify-format-for-date-and-time": put(*ROUND, "closingDate", value={"type": "string"}),
    "nlgov:use-date-instead-of-datetime": put(*ROUND, "closingDate", value={"type": "string", "format": "date-time"}),
    "nlgov:semver": put("info", "version", value="1.0"),
}
"""For each rule a change of the specification that breaks it."""


@pytest.mark.parametrize("rule", RULES)
def test_the_specification_keeps_the_rule(rule: str) -> None:
    told = PUBLISHED if rule == "oas3-schema" else followed(PUBLISHED)
    assert list(RULES[rule](told)) == []


@pytest.mark.parametrize("rule", RULES)
def test_a_specification_that_breaks_the_rule_is_found(rule: str) -> None:
    told = copy.deepcopy(PUBLISHED)
    BROKEN[rule](told)
    assert list(RULES[rule](told if rule == "oas3-schema" else followed(told)))


def test_everything_is_described_in_words_and_shut_by_a_scheme() -> None:
    operations = [each for path in PUBLISHED["paths"].values() for each in path.values()]
    assert len(operations) == 8
    assert all(each["summary"] and each["description"] and each["security"] for each in operations)
    schemes = PUBLISHED["components"]["securitySchemes"]
    assert (schemes["token"]["scheme"], schemes["signature"]["in"]) == ("bearer", "header")
    assert [each["security"] for each in operations if "requestBody" in each] == [[{"signature": []}]]


def test_no_number_of_one_arm_and_no_advertiser_has_a_place_in_what_tells_of_a_round() -> None:
    schemas = PUBLISHED["components"]["schemas"]
    shown = json.dumps([schemas[name] for name in ("Round", "RoundLine", "Inquiries", "Replies")]).lower()
    assert not [word for word in ('"arm', "control", "treatment", "c10", "advertisername") if word in shown]


@given(total=st.integers(0, 300), page=st.integers(1, 50), size=st.integers(1, 100))
def test_the_pages_of_a_list_hold_each_of_it_once_and_in_order(total: int, page: int, size: int) -> None:
    items = list(range(total))
    pages = [answers.part(items, PageQuery(page=each, pageSize=size)) for each in range(1, total // size + 2)]
    assert [each for shown in pages for each in shown["items"]] == items
    links = answers.links(total, PageQuery(page=page, pageSize=size))
    last = max(1, -(-total // size))
    assert ('rel="next"' in links) == (page < last)
    assert ('rel="prev"' in links) == (1 < page <= last + 1)
    assert f"page={last}&pageSize={size}" in links.rpartition("<")[2]
