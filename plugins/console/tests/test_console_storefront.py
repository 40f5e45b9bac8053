"""The administration of a shop, of which the page knows nothing: panels that `models` makes are enough."""

from importlib.util import find_spec

import httpx
import pytest
from console_browser import Console, Watch, check_accessible, show
from playwright.sync_api import Locator, Page, expect

if find_spec("pegboard_storefront") is None:
    pytest.skip("pegboard-storefront is not installed beside this plugin", allow_module_level=True)

PRODUCTS = "/api/v1/storefront/products"


@pytest.fixture(scope="module", autouse=True)
def shop(console: Console) -> None:
    for name in ("Tea", "Cups"):
        category = {"name": name, "description": f"All {name}", "slug": name.lower()}
        found = console.call("POST", "/api/v1/storefront/categories", category)
        for number in range(3):
            product = {
                "name": f"{name} {number}",
                "description": "Good",
                "sku": f"{name}-{number}",
                "price": f"{number}.50",
                "category_id": found["id"],
            }
            console.call("POST", PRODUCTS, product)


def open_panel(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def product(console: Console, sku: str) -> dict[str, object]:
    found: list[dict[str, object]] = console.call("GET", PRODUCTS, params={"sku": sku, "deleted": "include"})["items"]
    return found[0]


def test_a_product_is_made_and_a_mistake_is_told_at_its_field(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    open_panel(page, "Products")
    page.get_by_role("button", name="New product").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Green tea")
    dialog.get_by_label("Description").fill("From the hills")
    dialog.get_by_label("Sku").fill("g")
    dialog.get_by_label("Price").fill("-1")
    dialog.get_by_role("button", name="Category id").click()
    page.get_by_role("option", name="Tea").click()
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_label("Sku")).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Price")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Sku").fill("green-1")
    dialog.get_by_label("Price").fill("12.10")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(row(page, "GREEN-1")).to_contain_text("12.10")
    expect(row(page, "GREEN-1").get_by_role("link", name="Tea", exact=True)).to_be_visible()


def test_a_product_that_somebody_else_changed_is_not_overwritten(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("412")
    known = product(console, "TEA-0")
    page.goto(f"{console.url}/console/#/storefront.products/{known['id']}")
    page.get_by_role("button", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Black tea")
    console.call("PATCH", f"{PRODUCTS}/{known['id']}", {"price": "99.00"})
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else changed this meanwhile")
    expect(dialog.get_by_label("Price")).to_have_value("99")
    expect(dialog.get_by_label("Name")).to_have_value("Black tea")
    assert product(console, "TEA-0")["name"] == "Tea 0"
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Black tea", level=1)).to_be_visible()
    now = product(console, "TEA-0")
    assert (now["name"], now["price"]) == ("Black tea", 99)


def test_a_product_is_deleted_and_restored(page: Page, console: Console) -> None:
    known = product(console, "TEA-1")
    page.goto(f"{console.url}/console/#/storefront.products/{known['id']}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Products", level=1)).to_be_visible()
    expect(row(page, "TEA-1")).to_have_count(0)
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("button", name="Deleted").click()
    page.get_by_role("option", name="only").click()
    row(page, "TEA-1").get_by_role("checkbox").check(force=True)
    page.get_by_role("button", name="Restore (1)").click()
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    assert product(console, "TEA-1")["deleted_at"] is None


def test_a_category_leads_to_its_products(page: Page) -> None:
    open_panel(page, "Categories")
    row(page, "Cups").get_by_role("link").first.click()
    page.get_by_role("navigation", name="Related").get_by_role("link", name="Products").click()
    expect(row(page, "CUPS-0")).to_be_visible()
    expect(row(page, "TEA-2")).to_have_count(0)


def ordered(console: Console) -> str:
    """The number of an order that a customer made."""
    who = {"email": "ann@example.com", "password": "correct horse battery 9"}
    token = httpx.post(f"{console.url}/api/v1/auth/register", json=who).json()["access_token"]
    console.call("PATCH", f"{PRODUCTS}/{product(console, 'CUPS-2')['id']}", {"stock_quantity": 5})
    address = {"street": "1 Main St", "city": "Springfield", "state": "IL", "zip_code": "62701", "country": "US"}
    order = {
        "items": [{"product_id": product(console, "CUPS-2")["id"], "quantity": 2}],
        "payment_method": "card",
        "shipping_address": address,
        "billing_address": address,
    }
    made = httpx.post(f"{console.url}/orders", json=order, headers={"Authorization": f"Bearer {token}"})
    assert made.is_success, made.text
    return str(made.json()["order_number"])


def test_an_order_moves_on_step_by_step(page: Page, console: Console) -> None:
    number = ordered(console)
    open_panel(page, "Orders")
    page.get_by_role("radio", name="pending", exact=True).first.click()
    row(page, number).get_by_role("link").first.click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_role("button", name="Mark as shipped").click()
    expect(page.get_by_role("button", name="Mark as delivered")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    [found] = console.call("GET", "/api/v1/storefront/orders")["items"]
    assert found["status"] == "shipped"


def test_what_a_search_finds_is_what_is_downloaded(page: Page) -> None:
    open_panel(page, "Products")
    page.get_by_label("Search in this list").fill("cups")
    expect(page.get_by_role("status").filter(has_text="3 entries")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download CSV").click()
    assert started.value.path().read_text().count("CUPS-") == 3


def test_its_pages_are_accessible(page: Page, console: Console) -> None:
    for panel in ("storefront.products", "storefront.categories", "storefront.orders"):
        show(page, console, panel)
        check_accessible(page)
