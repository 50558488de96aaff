"""The JSON Schema of the design file."""

from typing import Any

from orchestrator.design.model import Design


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the design file, for editors; descriptions are Dutch."""
    schema = _without_titles(Design.model_json_schema(by_alias=True))
    for definition in schema["$defs"].values():
        # What stands here is our own docstring, in English; the field that refers to it says it in Dutch.
        definition.pop("description", None)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Onderzoeksopzet",
        "description": "De opzet van één ronde praktijktests.",
    }
    return {**schema, **head}


def _without_titles(node: Any) -> Any:
    """Drop the titles that pydantic makes of field names: they are English and say nothing more."""
    if isinstance(node, list):
        return [_without_titles(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    match kept.get("anyOf"):
        case [dict(shape), {"type": "null"}]:  # what may be left out: nobody writes null
            kept = {**shape, **{key: value for key, value in kept.items() if key != "anyOf"}}
    return {key: _without_titles(value) for key, value in kept.items()}
