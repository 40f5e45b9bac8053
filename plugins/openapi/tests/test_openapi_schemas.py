"""Schemas say what the kernel's converter accepts."""

import datetime
import enum
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypedDict, TypeVar

import attrs
import pytest
from attrs import validators as v
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pegboard import Secret
from pegboard.json import converter
from pegboard_openapi.schemas import Schemas

T = TypeVar("T")
Id = NewType("Id", str)


class Color(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: int


class Options(TypedDict):
    fast: bool


@attrs.frozen
class Leaf:
    """A ``leaf``."""

    name: str
    count: int = attrs.field(default=0, validator=v.ge(0), metadata={"help": "how many, ``0`` for none"})


@attrs.frozen
class Other:
    value: float


@attrs.frozen
class Tree:
    leaf: Leaf
    children: "tuple[Tree, ...]" = ()
    key: Secret = attrs.field(default=Secret(""))


@attrs.frozen
class Box(Generic[T]):
    items: list[T]
    first: T | None = None


@attrs.frozen
class Computed:
    given: int
    made: int = attrs.field(init=False, default=1)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (str, {"type": "string"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (bool, {"type": "boolean"}),
        (None, {"type": "null"}),
        (Any, {}),
        (object, {}),
        (Secret, {"type": "string", "format": "password", "writeOnly": True}),
        (datetime.datetime, {"type": "string", "format": "date-time"}),
        (datetime.date, {"type": "string", "format": "date"}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (Decimal, {"type": ["number", "string"]}),
        (Path, {"type": "string"}),
        (Id, {"type": "string"}),
        (Annotated[int, "a note"], {"type": "integer"}),
        (Literal["b", "a", 1], {"enum": ["b", "a", 1]}),
        (Color, {"enum": ["red", "blue"]}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (list, {"type": "array"}),
        (Sequence[str], {"type": "array", "items": {"type": "string"}}),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (frozenset[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Mapping[str, Any], {"type": "object"}),
        (dict, {"type": "object"}),
        (Leaf, {"$ref": "#/components/schemas/Leaf"}),
        (Leaf | Other, {"anyOf": [{"$ref": "#/components/schemas/Leaf"}, {"$ref": "#/components/schemas/Other"}]}),
    ],
)
def test_a_type_has_its_schema(kind: Any, schema: dict[str, Any]) -> None:
    assert Schemas().accepted(kind) == schema


def test_a_tuple_of_fixed_length_has_a_schema_per_place() -> None:
    places = [{"type": "string"}, {"type": "integer"}]
    expected = {"type": "array", "prefixItems": places, "minItems": 2, "maxItems": 2}
    assert Schemas().accepted(tuple[str, int]) == expected


def test_money_goes_out_as_a_number() -> None:
    assert Schemas().returned(Decimal) == {"type": "number"}


def test_an_accepted_class_is_closed_and_says_what_it_needs() -> None:
    schemas = Schemas()
    schemas.accepted(Leaf)
    assert schemas.components["Leaf"] == {
        "type": "object",
        "description": "A `leaf`.",
        "properties": {
            "name": {"type": "string"},
            "count": {"type": "integer", "minimum": 0, "default": 0, "description": "how many, `0` for none"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_a_class_of_results_may_grow() -> None:
    schemas = Schemas()
    schemas.returned(Tree)
    assert all("additionalProperties" not in component for component in schemas.components.values())


@pytest.mark.parametrize("order", [("returned", "accepted"), ("accepted", "returned")])
def test_a_class_that_is_both_is_closed_with_all_its_parts(order: tuple[str, str]) -> None:
    schemas = Schemas()
    for direction in order:
        getattr(schemas, direction)(Tree)
    assert all(component["additionalProperties"] is False for component in schemas.components.values())


def test_a_class_may_contain_itself_and_secrets_have_no_default() -> None:
    schemas = Schemas()
    schemas.accepted(Tree)
    properties = schemas.components["Tree"]["properties"]
    assert properties["children"] == {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}, "default": []}
    assert "default" not in properties["key"]


def test_a_generic_class_is_one_component_per_argument() -> None:
    schemas = Schemas()
    schemas.returned(Box[Leaf])
    schemas.returned(Box[int])
    leaf = {"$ref": "#/components/schemas/Leaf"}
    assert schemas.components["Box_Leaf"]["properties"]["items"] == {"type": "array", "items": leaf}
    assert schemas.components["Box_int"]["properties"]["first"]["anyOf"][0] == {"type": "integer"}


def test_two_classes_of_one_name_are_told_apart() -> None:
    schemas = Schemas()
    twin = attrs.make_class("Leaf", {"other": attrs.field(type=int)})
    first, second = schemas.returned(Leaf), schemas.returned(twin)
    assert first != second
    assert len(schemas.components) == 2


def test_computed_fields_are_results_only() -> None:
    accepted, returned = Schemas(), Schemas()
    accepted.accepted(Computed)
    returned.returned(Computed)
    assert list(accepted.components["Computed"]["properties"]) == ["given"]
    assert list(returned.components["Computed"]["properties"]) == ["given", "made"]


def test_what_attrs_does_not_know_is_described_too() -> None:
    schemas = Schemas()
    ref = schemas.returned(dict[str, Point])["additionalProperties"]["$ref"]
    assert schemas.components[ref.rpartition("/")[2]]["prefixItems"] == [{"type": "integer"}, {"type": "integer"}]
    ref = schemas.returned(Options)["$ref"]
    assert schemas.components[ref.rpartition("/")[2]]["properties"] == {"fast": {"type": "boolean"}}


def test_a_type_that_cannot_be_described_costs_only_its_own_schema() -> None:
    schemas = Schemas()
    broken = attrs.make_class("Broken", {"leaf": attrs.field(type=Leaf), "bad": attrs.field(type=type(lambda: None))})
    assert schemas.accepted(broken) == {"description": "(this type cannot be described)"}
    assert schemas.components == {}
    assert schemas.accepted(Leaf) == {"$ref": "#/components/schemas/Leaf"}


@pytest.mark.parametrize(
    ("kind", "validator", "keywords"),
    [
        (int, v.ge(1), {"minimum": 1}),
        (int, v.gt(1), {"exclusiveMinimum": 1}),
        (int, v.le(9), {"maximum": 9}),
        (int, v.lt(9), {"exclusiveMaximum": 9}),
        (int, v.and_(v.ge(1), v.le(9)), {"minimum": 1, "maximum": 9}),
        (str, v.min_len(1), {"minLength": 1}),
        (str, v.max_len(5), {"maxLength": 5}),
        (list[str], v.min_len(1), {"minItems": 1}),
        (dict[str, str], v.max_len(5), {"maxProperties": 5}),
        (str | None, v.optional(v.max_len(5)), {"maxLength": 5}),
        (str, v.in_(("a", "b")), {"enum": ["a", "b"]}),
        (str | None, v.optional(v.in_(("a", "b"))), {"enum": ["a", "b", None]}),
        (str, v.matches_re("a+"), {"pattern": "^(?:a+)$"}),
        (str, v.matches_re("(?P<x>a+)"), {"pattern": "^(?:(?<x>a+))$"}),
        (str, v.matches_re("a+", func=__import__("re").search), {"pattern": "a+"}),
        (str, v.matches_re("(?i)a+"), {}),
        (str, v.instance_of(str), {}),
        (str, lambda instance, attribute, value: None, {}),
    ],
)
def test_a_validator_is_a_keyword(kind: Any, validator: Any, keywords: dict[str, Any]) -> None:
    schemas = Schemas()
    plain = schemas.accepted(kind)
    schemas.accepted(attrs.make_class("Checked", {"field": attrs.field(type=kind, validator=validator)}))
    assert schemas.components["Checked"]["properties"]["field"] == plain | keywords


def test_validators_of_members_reach_the_members() -> None:
    field = attrs.field(type=list[int], validator=v.deep_iterable(v.ge(1), v.max_len(3)))
    table = attrs.field(type=dict[str, int], validator=v.deep_mapping(v.max_len(2), v.le(5)))
    schemas = Schemas()
    schemas.accepted(attrs.make_class("Deep", {"numbers": field, "table": table}))
    properties = schemas.components["Deep"]["properties"]
    assert properties["numbers"] == {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 3}
    assert properties["table"]["propertyNames"] == {"type": "string", "maxLength": 2}
    assert properties["table"]["additionalProperties"] == {"type": "integer", "maximum": 5}


@attrs.frozen
class Part:
    amount: int = attrs.field(validator=v.and_(v.ge(0), v.lt(10)))
    note: str | None = attrs.field(default=None, validator=v.optional(v.max_len(2)))


@attrs.frozen
class Order:
    name: str = attrs.field(validator=v.matches_re("[ab]+"))
    kind: Literal["x", "y"]
    color: Color = Color.RED
    ratio: float = attrs.field(default=1.0, validator=v.le(2))
    on: bool = False
    parts: list[Part] = attrs.field(factory=list, validator=v.max_len(2))
    labels: dict[str, str] = attrs.field(factory=dict)
    state: str = attrs.field(default="new", validator=v.in_(("new", "old")))
    total: Decimal = Decimal(0)


FRACTION = st.sampled_from([-1.5, 0.5, 2.5])
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 12) | FRACTION | st.sampled_from(["", "a", "abab", "x", "red", "new"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["amount", "note", "k"]), inner),
    max_leaves=6,
)
PART = st.fixed_dictionaries({"amount": st.integers(-1, 11) | VALUE}, optional={"note": VALUE, "more": VALUE})
ORDER = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "abab", "c", ""])},
    optional={
        "kind": st.sampled_from(["x", "y", "z", 1]),
        "color": st.sampled_from(["red", "blue", "RED"]),
        "ratio": st.integers(-1, 3) | FRACTION | VALUE,
        "on": st.booleans() | VALUE,
        "parts": st.lists(PART, max_size=3) | VALUE,
        "labels": st.dictionaries(st.text("ab"), st.text("ab")) | VALUE,
        "state": st.sampled_from(["new", "old", "other"]),
        "total": st.integers() | FRACTION,
        "unknown": VALUE,
    },
)


@settings(max_examples=400, deadline=None)
@given(document=ORDER)
def test_the_schema_and_the_converter_agree_on_every_document(document: dict[str, Any]) -> None:
    schemas = Schemas()
    root = {**schemas.accepted(Order), "components": {"schemas": schemas.components}}
    try:
        converter.structure(document, Order)
        accepted = True
    except Exception:
        accepted = False
    assert Draft202012Validator(root).is_valid(document) is accepted
