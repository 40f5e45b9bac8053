"""What cannot become a table is told where it is written: the class, the field, the way out."""

from datetime import datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import attrs
import pytest

from pegboard import StartupError
from pegboard_models import Routes, field, model, model_of, model_routes
from pegboard_models.tables import build_tables

shop = import_module("models_shop")


def made(annotation: Any = str, value: Any = attrs.NOTHING, name: str = "title", **options: Any) -> type:
    """A model of one field."""
    member = field(**value) if isinstance(value, dict) else attrs.field(default=value)
    member.type = annotation
    kind = attrs.make_class("Thing", {name: member}, frozen=True)
    return model("plugin", options.pop("model", "thing"), **options)(kind)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"annotation": set}, "Thing.title: <class 'set'> has no column: use str, int"),
        ({"annotation": int | str}, "Thing.title"),
        ({"annotation": int, "value": {"searchable": True}}, "only a str can be searchable"),
        ({"name": "id"}, "every table has id: take the field out"),
        ({"name": "tenant"}, "every table has tenant"),
        ({"name": "Title"}, "'Title' is no name for a table or column"),
        ({"model": "Thing"}, "'Thing' is no name"),
        ({"model": "thing; drop"}, "is no name"),
        ({"indexes": [("colour",)]}, "there is no field 'colour'; there are id, version"),
        ({"annotation": dict, "unique": [("title",)]}, "a JSON value is in no index and no key"),
        ({"key": ("title",)}, "is not unique"),
        ({"owner": "nobody"}, "there is no field 'nobody'"),
        ({"annotation": int, "owner": "title"}, "its type is str"),
        ({"routes": Routes("/things", anonymous=("create",))}, "nobody changes rows without a credential"),
        ({"routes": Routes("/things", anonymous=("list",))}, "say whose an anonymous caller sees"),
        ({"routes": Routes("/things", anonymous=("list",), public_tenant="x"), "owner": "title"}, "rows have owners"),
        ({"routes": Routes("/things", limit=2000)}, "limit <= 1000"),
        ({"routes": Routes("/things/")}, "leave out its last"),
        ({"annotation": dict, "value": {"unique": True}}, "a JSON value is in no index and no key"),
    ],
)
def test_what_cannot_be_a_table_is_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        made(**options)
    assert told in str(caught.value)


def test_a_model_is_an_attrs_class() -> None:
    with pytest.raises(TypeError, match=r"write @attrs.frozen below @model"):
        model("plugin", "thing")(type("Thing", (), {}))
    with pytest.raises(TypeError, match="Thing is no model"):
        model_of(type("Thing", (shop.Product,), {}))


def test_a_decimal_has_digits_that_both_databases_keep() -> None:
    with pytest.raises(ValueError, match="at most 18 digits"):
        field(precision=19)
    with pytest.raises(ValueError, match="scale among them"):
        field(precision=2, scale=3)


def test_a_reference_is_to_a_model_of_the_plugin() -> None:
    with pytest.raises(StartupError, match=r'model "plugin.thing": title refers to plugin.thong'):
        build_tables("plugin", [model_of(made(int, {"references": "thong"}))])
    with pytest.raises(StartupError, match="must be int"):
        build_tables("plugin", [model_of(made(str, {"references": "thing"}))])


def test_a_field_that_a_caller_cannot_give_needs_a_default() -> None:
    kind = made(str, {"access": "hidden"}, routes=Routes("/things"))
    with pytest.raises(TypeError, match=r"Thing.title: a caller cannot give it and it has no default"):
        list(model_routes(kind))
    without = made(str, {"access": "hidden"}, routes=Routes("/things", operations=("list",)))
    assert [route.name for route in model_routes(without)] == ["plugin.things.list"]


def test_to_declare_a_model_does_nothing_else() -> None:
    kind = made(Decimal, {"default": Decimal(1), "help": "what it costs"})
    assert kind().title == Decimal(1)
    assert model_of(kind).fields["title"].attribute.metadata["help"] == "what it costs"
    assert model_of(kind).routes is None
    assert list(model_routes(kind)) == []


def test_what_a_field_allows_is_checked_by_the_class_itself() -> None:
    kind = made(str, {"min_length": 2, "max_length": 3, "pattern": "[a-z]+"})
    assert kind("abc").title == "abc"
    for wrong in ("a", "abcd", "AB"):
        with pytest.raises(ValueError, match="title"):
            kind(wrong)


def test_every_index_begins_with_the_tenant_and_ends_with_the_id() -> None:
    _, tables = build_tables("shop", [model_of(kind) for kind in shop.KINDS])
    for table in tables.values():
        for index in table.indexes:
            columns = [column.name for column in index.columns]
            assert columns[0] == "tenant" or "tenant" not in table.c
            assert index.unique or columns[-1] == "id"
            assert len(index.name) <= 63
    assert {column.name for column in tables["shop.product"].c} >= {"id", "tenant", "version", "deleted_at"}
    assert isinstance(tables["shop.product"].c.created_at.type.python_type, type(datetime))
