"""OpenAPI 3.1 document of `/api/v1`, made from the models that validate the input."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from callcenter.vocab import TicketState
from tickets.people.intake import Report
from tickets.people.tracking import PublicStatus


class ReportStatus(BaseModel):
    """Where a report stands. Times are ISO 8601 in UTC."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(description="Nine digits; tell them to the citizen")
    state: TicketState
    category: str | None
    category_name: str | None
    ward: str | None
    ward_name: str | None
    agency: str | None = Field(description="The lead agency, once it has one")
    filed_at: datetime | None
    answer_due: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    answer: str | None = Field(description="What the agency answered, once it did")


class Problem(BaseModel):
    """RFC 9457. `problems` says by field what to mend."""

    type: str
    title: str
    status: int
    detail: str
    problems: dict[str, str] | None = None


def told(standing: PublicStatus) -> dict[str, Any]:
    return ReportStatus.model_validate(standing).model_dump(mode="json")


def document() -> dict[str, Any]:
    schemas: dict[str, Any] = {}
    for model in (Report, ReportStatus, Problem):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    return {
        "openapi": "3.1.0",
        "info": {"title": "1022 reports", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {"/reports": {"post": _post()}, "/reports/{code}": {"get": _get()}},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _post() -> dict[str, Any]:
    return {
        "operationId": "sendReport",
        "summary": "Send a report; the same source_ref (or Idempotency-Key) is the same report",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "Stands in for a missing source_ref",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body()}}},
        "responses": {
            "201": _answer("Taken in", "ReportStatus"),
            "200": _answer("Was taken in before", "ReportStatus"),
            **_refusals("400", "401", "413", "415", "422", "429"),
        },
    }


def _body() -> dict[str, Any]:
    return {"$ref": "#/components/schemas/Report"}


def _get() -> dict[str, Any]:
    return {
        "operationId": "readReport",
        "summary": "Where a report stands; only reports of the same source",
        "parameters": [{"name": "code", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": _answer("The report", "ReportStatus"), **_refusals("401", "404")},
    }


def _refusals(*codes: str) -> dict[str, Any]:
    refusal = _answer("Refused, with what to do", "Problem", "application/problem+json")
    return dict.fromkeys(codes, refusal)


def _answer(description: str, schema: str, kind: str = "application/json") -> dict[str, Any]:
    content = {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
