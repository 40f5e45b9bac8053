"""A text with fields of the record in it."""

from typing import Any, Literal

import attrs

from pegboard import MISSING, Apply, Transform, TransformContext, setting
from pegboard_jsonpath import Template

from .refusal import refusal

BOUND = ("$", "record", "value")


def _is_template(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not Template.parse(value, BOUND).placeholders:
        raise ValueError("has no {{placeholder}}: every record would get this text; write one, such as {{$.name}}")


@attrs.frozen
class TemplateConfig:
    """The text, and what to do where a field has no value."""

    template: str = setting(
        help="a text with {{$.path}} of the record, or {{value}}, the mapped value; a placeholder alone keeps its type",
        validator=_is_template,
    )
    missing: Literal["empty", "omit", "fail"] = setting(
        "empty", help="a placeholder that is missing or null: leave it empty, leave the field out, or fail the record"
    )


def compiled(config: TemplateConfig, context: TransformContext) -> Apply:
    template = Template.parse(config.template, BOUND)
    render, missing = template.render, template.missing

    def apply(value: Any, record: Any) -> Any:
        return render({"$": record, "record": record, "value": value})

    def careful(value: Any, record: Any) -> Any:
        scope = {"$": record, "record": record, "value": value}
        lacking = missing(scope)
        if lacking and config.missing == "fail":
            raise refusal("template", config.template, f"has no value for {lacking[0]}: correct it, or set missing")
        return MISSING if lacking else render(scope)

    return apply if config.missing == "empty" else careful


TEMPLATE = Transform("template", "A text with fields of the record in it", TemplateConfig, compile=compiled)
