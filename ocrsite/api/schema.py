"""What the OpenAPI description says of every operation."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

ERROR = {
    "type": "object",
    "description": "What went wrong. `code` is stable; `message` is a sentence for people.",
    "properties": {
        "code": {"type": "string"},
        "message": {"type": "string"},
        "fields": {
            "type": "object",
            "additionalProperties": {},
            "description": "For `invalid`: the faults of each field.",
        },
        "lines": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "For `invalid_submission`: the fault of each line, by its id.",
        },
        "wait_seconds": {"type": "integer", "description": "For `throttled`."},
    },
    "required": ["code", "message"],
}


class Operation(AutoSchema):
    """Tags by what the path is about; the first sentence of the docstring is the summary."""

    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.split("/") if part and "{" not in part]
        return [parts[2]] if len(parts) > 2 else ["api"]

    def get_summary(self) -> str | None:
        lines = self.get_description().strip().splitlines()
        return str(lines[0]).rstrip(".") if lines else None


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Name the one shape of errors once, and as every operation's default answer."""
    result["components"].setdefault("schemas", {})["Error"] = ERROR
    answer = {
        "description": "An error.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"].setdefault("default", answer)
    return result
