"""The rules of the official linter of the NLGov REST API Design Rules, each as a function of the specification.

Source: `media/linter.yaml` of github.com/Logius-standaarden/API-Design-Rules, at commit
0d0b1e419aa3580e2bc59a2254bdc86be2a79df8. Every rule that it switches on stands here under its own name. A rule yields a
sentence for everything that breaks it; a specification is looked at with its references followed, as that linter does.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
from schemathesis.openapi import from_dict

Tree = dict[str, Any]
Rule = Callable[[Tree], Iterator[str]]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
KEBAB = re.compile(r"^(\/|(\/_[a-z0-9]+|\/(([a-z0-9\-]+|{[^}]+})(\/([a-z0-9\-\.]+|{[^}]+}))*)(\/_[a-z]+)?)\/?)$")
CAMEL = re.compile(r"^\$?[a-z][a-z\d]*([A-Z][a-z\d]*)*$")
PASCAL = re.compile(r"^[A-Z][a-z\d]*([A-Z][a-z\d]*)*$")
SEMVER = re.compile(r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$")
DATES = re.compile(r"^(date|datum)$|((\w+D)|(_[dD]))((ate)|(atum))")


def followed(told: Tree) -> Tree:
    """Return the specification with every reference replaced by what it points at."""

    def follow(node: Any, above: tuple[str, ...]) -> Any:
        if isinstance(node, list):
            return [follow(each, above) for each in node]
        if not isinstance(node, dict):
            return node
        place = node.get("$ref")
        if isinstance(place, str):
            # One that contains itself is left as it is: nothing here is endless.
            return node if place in above else follow(_at(told, place), (*above, place))
        return {key: follow(each, above) for key, each in node.items()}

    found: Tree = follow(told, ())
    return found


def _at(told: Tree, place: str) -> Any:
    node: Any = told
    for part in place.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def _walk(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, node
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, each in pairs:
        yield from _walk(each, (*path, str(key)))


def _operations(told: Tree) -> Iterator[tuple[str, str, Tree]]:
    for path, item in told.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def _responses(told: Tree, status: str) -> Iterator[tuple[str, Tree]]:
    for path, method, operation in _operations(told):
        for code, answer in operation.get("responses", {}).items():
            if re.search(status, code):
                yield f"{method} {path} {code}", answer


def _properties(told: Tree) -> Iterator[tuple[str, Tree]]:
    for path, node in _walk(told):
        if path and path[-1] == "properties" and isinstance(node, dict):
            yield from ((name, each) for name, each in node.items() if isinstance(each, dict))


def _schemas(told: Tree) -> Iterator[tuple[str, Tree]]:
    for path, node in _walk(told):
        if path and isinstance(node, dict) and (path[-1] == "schema" or path[-2:-1] in (("schemas",), ("properties",))):
            yield "/".join(path), node


def oas3_schema(told: Tree) -> Iterator[str]:
    try:
        from_dict(told).validate()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it is what the rule tells
        yield str(error)


def operation_id_unique(told: Tree) -> Iterator[str]:
    names = [operation.get("operationId") for _, _, operation in _operations(told)]
    yield from (f"{name}" for name in names if name is None or names.count(name) > 1)


def path_params(told: Tree) -> Iterator[str]:
    for path, method, operation in _operations(told):
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path" and each["required"]}
        if named != set(re.findall(r"{([^}]+)}", path)):
            yield f"{method} {path}"


def tags_uniqueness(told: Tree) -> Iterator[str]:
    names = [tag["name"] for tag in told.get("tags", [])]
    yield from (name for name in names if names.count(name) > 1)


def _misfits(schema: Tree, examples: list[Any]) -> Iterator[str]:
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    yield from (f"{each}" for each in examples if not validator.is_valid(each))


def valid_media_example(told: Tree) -> Iterator[str]:
    for path, node in _walk(told):
        if isinstance(node, dict) and "schema" in node and (path[-2:-1] == ("content",) or "in" in node):
            examples = [each["value"] for each in node.get("examples", {}).values()]
            yield from _misfits(node["schema"], examples + [node[key] for key in ("example",) if key in node])


def valid_schema_example(told: Tree) -> Iterator[str]:
    for _, schema in _schemas(told):
        yield from _misfits(schema, [*schema.get("examples", []), *(schema[k] for k in ("default",) if k in schema)])


def server_variables(told: Tree) -> Iterator[str]:
    for server in told.get("servers", []):
        if set(re.findall(r"{([^}]+)}", server["url"])) != set(server.get("variables", {})):
            yield server["url"]


def api_servers(told: Tree) -> Iterator[str]:
    if not told.get("servers"):
        yield "no servers"


def no_trailing_slash(told: Tree) -> Iterator[str]:
    yield from (path for path in told.get("paths", {}) if re.search(".+/$", path))


def openapi3(told: Tree) -> Iterator[str]:
    if not re.search(r"^3(.\d+){1,2}$", str(told.get("openapi", "3.0"))):
        yield str(told["openapi"])


def openapi_root(told: Tree) -> Iterator[str]:
    if not told.get("openapi"):
        yield "no openapi"


def version_header(told: Tree) -> Iterator[str]:
    for place, answer in _responses(told, r"(2|3)\d\d"):
        if "headers" in answer and "api-version" not in {name.lower() for name in answer["headers"]}:
            yield place


def missing_header(told: Tree) -> Iterator[str]:
    yield from (place for place, answer in _responses(told, r"(2|3)\d\d") if not answer.get("headers"))


def major_version(told: Tree) -> Iterator[str]:
    yield from (each["url"] for each in told.get("servers", []) if not re.search(r"\/v[\d+]", each["url"]))


def contact(told: Tree) -> Iterator[str]:
    if not told["info"].get("contact"):
        yield "no contact"


def contact_fields(told: Tree) -> Iterator[str]:
    yield from ({"email", "name", "url"} - set(told["info"].get("contact", {"email": 1, "name": 1, "url": 1})))


def http_methods(told: Tree) -> Iterator[str]:
    # The official rule looks at paths named "description" only; here it is asked of all, as its text says.
    for path, item in told.get("paths", {}).items():
        yield from (f"{key} {path}" for key in item if not re.search("^(post|put|get|delete|patch|parameters)$", key))


def kebab_case(told: Tree) -> Iterator[str]:
    paths = (path for path in told.get("paths", {}) if not re.search(r"/openapi\.(json|yaml)", path))
    yield from (path for path in paths if not KEBAB.search(path))


def query_camel(told: Tree) -> Iterator[str]:
    keys = [each for _, _, operation in _operations(told) for each in operation.get("parameters", [])]
    keys += told.get("components", {}).get("securitySchemes", {}).values()
    yield from (each["name"] for each in keys if each.get("in") == "query" and not CAMEL.search(each["name"]))


def schema_camel(told: Tree) -> Iterator[str]:
    yield from (name for name in told.get("components", {}).get("schemas", {}) if not PASCAL.search(name))


def servers_https(told: Tree) -> Iterator[str]:
    yield from (each["url"] for each in told.get("servers", []) if each["url"].startswith("http://"))


def problem_schema(told: Tree) -> Iterator[str]:
    for place, answer in _responses(told, r"(4|5)\d\d"):
        if not {"application/problem+json", "application/problem+xml"} & set(answer.get("content", {})):
            yield place


def problem_members(told: Tree) -> Iterator[str]:
    for place, answer in _responses(told, r"(4|5)\d\d"):
        for kind, media in answer.get("content", {}).items():
            if "problem" in kind and not {"status", "title", "detail"} <= set(media["schema"].get("properties", {})):
                yield place


def invalid_input(told: Tree) -> Iterator[str]:
    for path, method, operation in _operations(told):
        if (operation.get("parameters") or method in ("put", "post", "patch")) and "400" not in operation["responses"]:
            yield f"{method} {path}"


def property_casing(told: Tree) -> Iterator[str]:
    # The official rule looks at _links only; here every property is asked, as its message says.
    yield from (name for name, _ in _properties(told) if not CAMEL.search(name))


def no_local_time(told: Tree) -> Iterator[str]:
    yield from (name for name, each in _properties(told) if each.get("format") == "date-time-local")


def no_bare_time(told: Tree) -> Iterator[str]:
    yield from (name for name, each in _properties(told) if each.get("format") == "time")


def date_has_format(told: Tree) -> Iterator[str]:
    for name, each in _properties(told):
        if (
            DATES.search(name)
            and "format" not in each
            and not all("format" in part for part in each.get("allOf", [{}]))
        ):
            yield name


def date_is_no_moment(told: Tree) -> Iterator[str]:
    yield from (name for name, each in _properties(told) if DATES.search(name) and each.get("format") == "date-time")


def semver(told: Tree) -> Iterator[str]:
    if not SEMVER.search(told["info"]["version"]):
        yield told["info"]["version"]


RULES: dict[str, Rule] = {
    "oas3-schema": oas3_schema,
    "operation-operationId-unique": operation_id_unique,
    "path-params": path_params,
    "openapi-tags-uniqueness": tags_uniqueness,
    "oas3-valid-media-example": valid_media_example,
    "oas3-valid-schema-example": valid_schema_example,
    "oas3-server-variables": server_variables,
    "oas3-api-servers": api_servers,
    "path-keys-no-trailing-slash": no_trailing_slash,
    "nlgov:openapi3": openapi3,
    "nlgov:openapi-root-exists": openapi_root,
    "nlgov:missing-version-header": version_header,
    "nlgov:missing-header": missing_header,
    "nlgov:include-major-version-in-uri": major_version,
    "nlgov:paths-no-trailing-slash": no_trailing_slash,
    "info-contact": contact,
    "nlgov:info-contact-fields-exist": contact_fields,
    "nlgov:http-methods": http_methods,
    "nlgov:paths-kebab-case": kebab_case,
    "nlgov:query-keys-camel-case": query_camel,
    "nlgov:schema-camel-case": schema_camel,
    "nlgov:servers-use-https": servers_https,
    "nlgov:use-problem-schema": problem_schema,
    "nlgov:problem-schema-members": problem_members,
    "nlgov:problem-invalid-input": invalid_input,
    "nlgov:property-casing": property_casing,
    "nlgov:date-time-ensure-timezone": no_local_time,
    "nlgov:time-without-timezone": no_bare_time,
    "nlgov:specify-format-for-date-and-time": date_has_format,
    "nlgov:use-date-instead-of-datetime": date_is_no_moment,
    "nlgov:semver": semver,
}
