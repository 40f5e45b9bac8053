"""What a console is told of models."""

from importlib import import_module

import attrs

from pegboard import Collection, Panel
from pegboard_models import model_panels

shop = import_module("models_shop")

PANELS = {panel.name: panel for panel in model_panels(*shop.KINDS)}


def content(panel: Panel) -> Collection:
    assert isinstance(panel.content, Collection)
    return panel.content


def test_a_reference_leads_to_the_panel_of_the_other_model() -> None:
    products = content(PANELS["shop.products"])
    column = next(column for column in products.columns if column.pointer == "/category_id")
    assert (column.title, column.panel) == ("Category", "shop.categories")
    assert products.create
    assert products.edit
    for form in (products.create, products.edit):
        assert attrs.fields_dict(form.schema)["category_id"].metadata["panel"] == "shop.categories"


def test_the_page_of_a_row_leads_to_those_that_refer_to_it() -> None:
    detail = content(PANELS["shop.categories"]).detail
    assert detail is not None
    assert [(one.panel, one.filters) for one in detail.related] == [
        ("shop.categories", {"parent_id": "{id}"}),
        ("shop.products", {"category_id": "{id}"}),
    ]


def test_prices_have_the_digits_of_their_column() -> None:
    columns = {column.pointer: column for column in content(PANELS["shop.products"]).columns}
    assert columns["/price"].digits == 2
    assert columns["/sold"].digits is None


def test_one_filters_by_choices_and_references_and_sees_what_is_deleted() -> None:
    filters = content(PANELS["shop.products"]).filters
    assert filters is not None
    assert set(attrs.fields_dict(filters)) == {"state", "size", "featured", "category_id", "deleted"}
    assert content(PANELS["shop.products"]).chips == "state"


def test_what_is_deleted_is_restored_and_what_is_there_is_deleted() -> None:
    delete, restore = content(PANELS["shop.products"]).actions
    assert (delete.when, restore.unless) == ({"/deleted_at": (None,)}, {"/deleted_at": (None,)})
    assert [action.title for action in content(PANELS["shop.categories"]).actions] == ["Delete"]


def test_a_panel_offers_what_the_routes_do() -> None:
    notices = content(PANELS["shop.notices"])
    assert notices.create
    assert notices.edit is None
    assert (notices.actions, notices.downloads) == ((), ())
