"""The description of the API (OpenAPI 3.1), made from the table of routes and the models."""

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handoff.console.http import PREFIX, Route
from handoff.console.schemas import ErrorAnswer

VERSION = "1.0.0"
REFERENCE = "#/components/schemas/{model}"


def describe(routes: Sequence[Route]) -> dict[str, Any]:
    """The whole document."""
    answers = [(route.answer, "serialization") for route in routes if route.answer is not None]
    bodies = [(route.body, "validation") for route in routes if route.body is not None]
    wanted: list[Any] = list(dict.fromkeys([*answers, *bodies, (ErrorAnswer, "serialization")]))
    references, definitions = models_json_schema(wanted, ref_template=REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Okienko desk", "version": VERSION},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(route: Route, references: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method.lower()}{route.path}").strip("_"),
        "summary": route.summary,
        "parameters": [*_path_parameters(route), *_query_parameters(route.query)],
        "security": [{"token": []}] if route.login else [],
        "responses": {
            str(route.status): _answer(route, references),
            "default": {
                "description": "an error",
                "content": {"application/json": {"schema": references[(ErrorAnswer, "serialization")]}},
            },
        },
    }
    if route.body is not None:
        schema = references[(route.body, "validation")]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _answer(route: Route, references: Any) -> dict[str, Any]:
    if route.answer is None:
        return {"description": route.summary}
    schema = references[(route.answer, "serialization")]
    return {"description": route.summary, "content": {"application/json": {"schema": schema}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
        for name in re.findall(r"{(\w+)}", route.path)
    ]


def _query_parameters(model: type[BaseModel] | None) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]
