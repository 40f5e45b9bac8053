"""Uploads and clean-ups against the stand-in of a shop: its limits, its moods, and no product twice."""

import json
import signal
from threading import Event

import pytest

from pegboard_catalog_scripts.admin import Budget

LIVE = "--no-dry-run"


def test_products_are_made_once_and_only_changes_are_sent(program, call, make_catalogue, shop, shop_environ, work):
    argv = ("--input", make_catalogue(120), LIVE)
    first = program("shopify_upload", *argv, **shop_environ)
    assert (first.code, first.errors) == (0, "")
    assert first.result == {"created": 120, "updated": 0, "unchanged": 0, "failed": 0, "rejected": 0, "dry_run": False}
    again = call("shopify_upload", *argv, **shop_environ)
    assert (again.result["unchanged"], shop.asked["setProduct"]) == (120, 120)
    lines = (work / "products.csv").read_text().replace("Acme boot 0,", "Acme boot zero,")
    (work / "products.csv").write_text(lines)
    changed = call("shopify_upload", *argv, **shop_environ)
    assert (changed.result["updated"], changed.result["unchanged"], len(shop.products)) == (1, 119, 120)
    assert shop.products["product-0"].input["title"] == "Acme boot zero"


def test_a_product_is_what_the_row_says(call, make_catalogue, shop, shop_environ):
    argv = ("--input", make_catalogue(2), "--status=active", "--location-id=7", LIVE)
    assert call("shopify_upload", *argv, **shop_environ).code == 0
    product = shop.products["product-1"]
    assert product.input == {
        "handle": "product-1",
        "title": "Globex running shoe 1",
        "status": "ACTIVE",
        "vendor": "Globex",
        "tags": ["new", "café"],
        "productOptions": [{"name": "Title", "position": 1, "values": [{"name": "Default Title"}]}],
        "variants": [
            {
                "optionValues": [{"optionName": "Title", "name": "Default Title"}],
                "sku": "SKU-00001",
                "price": "1.50",
                "inventoryItem": {"tracked": True},
                "inventoryQuantities": [{"locationId": "gid://shopify/Location/7", "name": "available", "quantity": 1}],
            }
        ],
    }
    assert len(product.media) == 1


def test_variants_share_a_product_and_a_handle_that_comes_later_is_refused(
    call, make_catalogue, shop, shop_environ, read_csv, work
):
    rows = [
        ["hat", "H-R", "Hat", "Colour", "Red", "5"],
        ["hat", "H-B", "Hat", "Colour", "Blue", "6"],
        ["", "M-1", "Mug", "", "", "7,50"],
        ["hat", "H-G", "Hat", "Colour", "Green", "5"],
        ["pen", "P", "Pen", "", "", "cheap"],
        ["", "X", "", "", "", "1"],
    ]
    source = make_catalogue(rows, ["handle", "sku", "title", "option1 name", "option1 value", "price"])
    done = call("shopify_upload", "--input", source, LIVE, **shop_environ)
    assert (done.code, done.result["created"], done.result["rejected"]) == (0, 2, 3)
    assert [one["sku"] for one in shop.products["hat"].input["variants"]] == ["H-R", "H-B"]
    assert shop.products["mug-m-1"].input["variants"][0]["price"] == "7.50"
    assert [(row["line"], row["reason"].partition(";")[0]) for row in read_csv(work / "rejects.csv")] == [
        ("5", "handle 'hat' came before"),
        ("6", "column 'price': 'cheap' is not a price like 12.50"),
        ("7", "has neither a handle nor a title"),
    ]


def test_images_are_sent_once_and_left_alone_when_skipped(call, make_catalogue, shop, shop_environ):
    argv = ("--input", make_catalogue(3), LIVE, "--force")
    call("shopify_upload", *argv, "--skip-images", **shop_environ)
    assert (shop.files, shop.products["product-0"].media) == ({}, [])
    for _ in range(2):
        call("shopify_upload", *argv, **shop_environ)
    assert len(shop.files) == 3
    media = list(shop.products["product-0"].media)
    call("shopify_upload", *argv, "--skip-images", **shop_environ)
    assert shop.products["product-0"].media == media


def test_metafields_go_along(call, make_catalogue, shop, shop_environ, work):
    (work / "mapping.toml").write_text(
        '[[metafield]]\ncolumn = "Material"\nkey = "material"\ntype = "single_line_text_field"\n'
    )
    source = make_catalogue(3)
    argv = ("--input", source, "--mapping-file=mapping.toml", "--create-definitions")
    assert call("create_metafields", *argv, **shop_environ).result["defined"] == 1
    assert call("create_metafields", *argv, **shop_environ).result["defined"] == 0
    argv = ("--input", source, "--metafields-file=metafields.jsonl", LIVE)
    assert call("shopify_upload", *argv, **shop_environ).code == 0
    assert shop.products["product-0"].metafields == {"custom.material": "leather"}
    assert shop.products["product-2"].metafields == {}
    broken = {"handle": "product-2", "metafields": [{"namespace": "a", "key": "b", "type": "c", "value": "x\u2028y"}]}
    (work / "metafields.jsonl").write_text(json.dumps(broken, ensure_ascii=False) + "\n", "utf-8")
    assert call("shopify_upload", *argv, **shop_environ).code == 0
    assert shop.products["product-2"].metafields == {"a.b": "x\u2028y"}
    (work / "metafields.jsonl").write_text('{"handle": "a"}\n')
    assert "metafields.jsonl: line 1" in call("shopify_upload", *argv, **shop_environ).errors


def test_a_shop_that_is_busy_or_broken_is_asked_again(call, make_catalogue, shop, shop_environ):
    shop.failures = [(429, {"Retry-After": "0.05"}), (500, {}), (503, {}), (429, {"Retry-After": "0"})]
    done = call("shopify_upload", "--input", make_catalogue(20), "--workers=1", LIVE, **shop_environ)
    assert (done.code, done.result["created"], len(shop.products)) == (0, 20, 20)
    assert "the next one in 0.1 s: the shop did not answer: 429" in done.output
    assert "status 500" in done.output


def test_the_cost_of_queries_is_kept_to(call, make_catalogue, shop, shop_environ):
    shop.capacity, shop.restore_rate = 60.0, 2_000.0
    done = call("shopify_upload", "--input", make_catalogue(60), LIVE, **shop_environ)
    assert (done.code, len(shop.products)) == (0, 60)
    assert shop.throttled <= 12  # of 120 queries: those that were under way before the cost was known


def test_a_budget_waits_for_what_is_missing():
    now = [0.0]
    budget = Budget(clock=lambda: now[0])
    with budget.reserve("q") as wait:
        assert wait == 0.0
    budget.learn("q", {"requestedQueryCost": 10, "throttleStatus": {"currentlyAvailable": 15, "restoreRate": 5}})
    with budget.reserve("q") as first, budget.reserve("q") as second:
        assert first == 0.0
        assert second == pytest.approx(1.0)  # 5 are left, 10 are needed, 5 come each second
    now[0] = 1.0
    with budget.reserve("q"), budget.reserve("q") as second:
        assert second == 0.0


def test_products_that_the_shop_refuses_are_told_and_tried_again(
    call, make_catalogue, shop, shop_environ, read_csv, work
):
    shop.refused = {"product-3"}
    argv = ("--input", make_catalogue(5), LIVE)
    done = call("shopify_upload", *argv, **shop_environ)
    assert (done.code, done.result["failed"], done.result["created"]) == (3, 1, 4)
    assert [tuple(row.values()) for row in read_csv(work / "failed.csv")] == [
        ("5", "product-3", "input.title: is not wanted here")
    ]
    shop.refused = set()
    done = call("shopify_upload", *argv, **shop_environ)
    assert (done.code, done.result["created"], done.result["unchanged"]) == (0, 1, 4)
    assert not (work / "failed.csv").exists()


def test_a_stopped_upload_goes_on_where_it_was(started, call, make_catalogue, shop, shop_environ, work):
    ten, gate = Event(), Event()

    def before(name: str) -> None:
        if shop.asked["setProduct"] >= 10:
            ten.set()
            gate.wait(20)

    shop.before = before
    argv = ("--input", make_catalogue(200), LIVE)
    process = started("shopify_upload", *argv, **shop_environ)
    assert ten.wait(20)
    process.send_signal(signal.SIGTERM)
    gate.set()
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 143
    assert "run it again" in errors
    assert "result:" not in output
    done = len(json.loads((work / "upload.state.json").read_text())["sent"])
    assert 10 <= done == len(shop.products) < 200
    rest = call("shopify_upload", *argv, **shop_environ)
    assert (rest.code, rest.result["unchanged"], rest.result["created"]) == (0, done, 200 - done)
    assert shop.asked["setProduct"] == len(shop.products) == 200


def test_a_stop_does_not_wait_for_a_shop_that_says_later(started, make_catalogue, shop, shop_environ):
    shop.failures = [(429, {"Retry-After": "60"})] * 4
    process = started("shopify_upload", "--input", make_catalogue(10), LIVE, **shop_environ)
    for line in process.stdout:
        if "the next one in 60.0 s" in line:
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 143
    assert shop.products == {}


def test_a_dry_run_asks_nothing_of_the_shop(call, make_catalogue, shop, work):
    source = make_catalogue(30)
    done = call("shopify_upload", "--input", source, SHOPIFY_ADMIN_URL=shop.url)
    assert (done.code, done.result["would_upload"], done.result["dry_run"]) == (0, 30, True)
    assert shop.asked == {}
    assert list(work.iterdir()) == [source]


@pytest.mark.parametrize(
    ("environ", "argv", "words"),
    [
        ({}, [], "the environment variable SHOPIFY_ACCESS_TOKEN is missing"),
        ({"SHOPIFY_ACCESS_TOKEN": "wrong-token"}, [], "the shop refused the token (401)"),
        ({"SHOPIFY_ACCESS_TOKEN": "t", "SHOPIFY_ADMIN_URL": ""}, [], "--shop is missing"),
        ({"SHOPIFY_ADMIN_URL": "http://shop.example.com"}, [], "must begin with https://"),
        ({}, ["--shop=shop.example.com"], "--shop: is not of the form"),
        ({}, ["--api-version=2026-13"], "--api-version: is not of the form"),
        ({}, ["--location-id=x"], "--location-id: is not of the form"),
    ],
)
def test_a_wrong_shop_or_token_is_said_without_the_token(call, make_catalogue, shop, environ, argv, words):
    done = call(
        "shopify_upload", "--input", make_catalogue(1), LIVE, *argv, **{"SHOPIFY_ADMIN_URL": shop.url, **environ}
    )
    assert done.code == 2
    assert words in done.errors
    assert "wrong-token" not in done.output + done.errors


def test_the_token_is_nowhere_in_what_a_run_leaves(program, make_catalogue, shop, shop_environ, work):
    shop.failures = [(500, {}), (400, {})]
    failed = program("shopify_upload", "--input", make_catalogue(3), LIVE, "--debug", "--workers=1", **shop_environ)
    assert (failed.code, "Traceback" in failed.errors) == (1, True)
    assert "the shop answered 400 at /graphql.json" in failed.errors
    assert shop.token not in failed.output + failed.errors
    assert not any(shop.token.encode() in path.read_bytes() for path in work.iterdir())


def test_doubled_images_are_taken_off_their_products(call, make_catalogue, shop, shop_environ, work, read_csv):
    source = make_catalogue(
        [
            ["a", "https://x.example/1.jpg https://x.example/2.jpg https://x.example/3.jpg"],
            ["b", "https://x.example/1.jpg"],
        ],
        ["title", "images"],
    )
    call("shopify_upload", "--input", source, LIVE, **shop_environ)
    first, second, third = shop.products["a"].media
    for id, picture in ((first, (b"same", 8, 8)), (second, (b"else", 8, 8)), (third, (b"same", 8, 8))):
        shop.pictures[shop.name_of(id)] = picture
    dry = call("cleanup_duplicates", "--target=shop", **shop_environ)
    assert (dry.result["images"], shop.products["a"].media, shop.asked["detachFiles"]) == (1, [first, second, third], 0)
    assert not (work / "duplicates.csv").exists()
    done = call("cleanup_duplicates", "--target=shop", "--batch-size=1", LIVE, **shop_environ)
    assert (done.code, done.result) == (0, {"products": 2, "images": 1, "dry_run": False})
    assert shop.products["a"].media == [first, second]
    assert len(shop.products["b"].media) == 1
    assert [(row["handle"], row["image"], row["kept_image"]) for row in read_csv(work / "duplicates.csv")] == [
        ("a", third, first)
    ]
