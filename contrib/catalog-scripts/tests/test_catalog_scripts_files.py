"""The scripts that go from file to file, on 10,000 products and on bad ones."""

import json
import signal

import pytest


def test_filter_keeps_exactly_what_passes(program, catalogue, work, read_csv):
    done = program(
        "filter_products",
        "--input",
        catalogue,
        "--min-price=10",
        "--max-price=50.5",
        "--in-stock",
        "--brands=acme, GLOBEX",
    )
    wanted = [
        row
        for row in read_csv(catalogue)
        if 10 <= float(row["Price"]) <= 50.5 and int(row["Stock"]) > 0 and row["Vendor"] in ("Acme", "Globex")
    ]
    assert (done.code, done.errors) == (0, "")
    assert read_csv(work / "filtered.csv") == wanted
    assert done.result["read"] == 10_000
    assert done.result["kept"] == len(wanted) > 0
    assert done.result["kept"] + sum(done.result["dropped"].values()) == 10_000
    assert done.said("artifact") == ["filtered.csv"]


def test_progress_grows_to_a_hundred(program, catalogue):
    said = [int(text) for text in program("filter_products", "--input", catalogue).said("progress")]
    assert said == sorted(set(said))
    assert said[-1] == 100
    assert len(said) > 20


def test_filter_by_date_words_and_brands_left_out(call, make_catalogue, work, read_csv):
    argv = ("--updated-since=2026-06-01", "--exclude-keywords=shoe rack, mug", "--exclude-brands=Acme")
    done = call("filter_products", "--input", make_catalogue(100), *argv)
    kept = read_csv(work / "filtered.csv")
    assert done.code == 0
    assert len(kept) > 10
    assert all(row["Updated At"] >= "2026-06-01" and row["Vendor"] != "Acme" for row in kept)
    assert not any("shoe rack" in row["Title"] or "mug" in row["Title"] for row in kept)
    assert any("running shoe" in row["Title"] for row in kept)


@pytest.mark.parametrize(("mode", "kept"), [("keep", ["product-1", "product-3"]), ("drop", ["product-0", "product-2"])])
def test_filter_against_reference_data(call, make_catalogue, work, read_csv, mode, kept):
    reference = make_catalogue([["sku-00001"], ["SKU-00003"]], ["article number"], "reference.csv")
    argv = ("--reference-file", reference, "--reference-mode", mode)
    assert call("filter_products", "--input", make_catalogue(4), *argv).code == 0
    assert [row["Handle"] for row in read_csv(work / "filtered.csv")] == kept


def test_a_malformed_reference_list_is_refused(call, make_catalogue, work):
    reference = work / "reference.csv"
    reference.write_text("sku\nSKU-00001\nSKU-00002,extra\n")
    done = call("filter_products", "--input", make_catalogue(4), "--reference-file", reference)
    assert done.code == 2
    assert "reference.csv: 1 rows are malformed" in done.errors
    assert not (work / "filtered.csv").exists()


def test_filter_rules_are_data(call, make_catalogue, work, read_csv):
    rules = work / "rules.toml"
    rules.write_text(
        '[[rule]]\nfield = "Material"\noperator = "equals"\nvalue = "Leather"\n'
        '[[rule]]\nfield = "title"\noperator = "contains"\nvalue = "boot"\n'
        '[[rule]]\nfield = "price"\noperator = "less"\nvalue = 20\n'
    )
    done = call("filter_products", "--input", make_catalogue(100), "--rules-file", rules)
    assert [row["Handle"] for row in read_csv(work / "filtered.csv")] == [f"product-{n}" for n in (0, 5, 10, 15)]
    assert done.result["dropped"]["price less 20"] == 16


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('field = "price"\noperator = "eval"\nvalue = "1"', "rule 1: operator 'eval' is none of equals"),
        ('field = "price"\noperator = "less"\nvalue = "1"', "rule 1: value must be a number for less"),
        ('field = "price"\noperator = "in"\nvalue = [1]', "rule 1: value must be a list of texts"),
        ('field = "price"', "rule 1: operator is missing"),
        ('field = "price"\noperator = "empty"\nvalue = 1', "rule 1: empty takes no value"),
        ('field = "colour"\noperator = "empty"', "has no column 'colour'"),
        ('field = "price"\noperator = "empty"\ncode = "x"', "rule 1: code is not known"),
        ("field = ", "rules.toml: is not TOML"),
    ],
)
def test_a_wrong_rule_is_named(call, make_catalogue, work, rule, words):
    (work / "rules.toml").write_text(f"[[rule]]\n{rule}\n")
    done = call("filter_products", "--input", make_catalogue(2), "--rules-file", work / "rules.toml")
    assert (done.code, done.errors.count("\n")) == (2, 1)
    assert words in done.errors


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--input", "absent.csv"], "--input: there is no file 'absent.csv'"),
        (["--input", "products.exe"], "must end with .csv"),
        ([], "--input"),
        (["--input", "products.csv", "--min-price=x"], "--min-price: 'x' is not a number"),
        (["--input", "products.csv", "--min-price=nan"], "--min-price: 'nan' is not a number"),
        (["--input", "products.csv", "--min-price=9", "--max-price=8"], "--min-price 9.0 is above --max-price 8.0"),
        (["--input", "products.csv", "--output-file=../x.csv"], "--output-file: is not of the form"),
        (
            ["--input", "products.csv", "--rejects-file=products.csv"],
            "--rejects-file: 'products.csv' is the file of --input",
        ),
        (["--input", "products.csv", "--rejects-file=filtered.csv"], "'filtered.csv' is the file of --output-file"),
        (["--input", "products.csv", "--output-file=a.state.json"], "are the script's own"),
        (["--input", "products.csv", "--batch-size=0"], "--batch-size: is 0; 1 is the least"),
        (["--input", "products.csv", "--updated-since=yesterday"], "is not a date"),
        (["--input", "products.csv", "--colour=red"], "--colour"),
    ],
)
def test_a_wrong_parameter_is_named_in_a_sentence(call, make_catalogue, argv, words):
    make_catalogue(2)
    done = call("filter_products", *argv)
    assert (done.code, done.output, done.errors.count("\n")) == (2, "", 1)
    assert words in done.errors


def test_a_stopped_script_leaves_nothing_half_written(started, catalogue, work):
    header, _, rows = catalogue.read_text().partition("\n")
    (work / "large.csv").write_text(f"{header}\n{rows * 30}")
    process = started("filter_products", "--input=large.csv")
    assert next(line for line in process.stdout if line.startswith("progress: "))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert (process.returncode, "stopped on request" in errors) == (143, True)
    assert [path.name for path in work.iterdir()] == ["large.csv"]


CATEGORIES = """
[[category]]
name = "Furniture"
priority = 20
keywords = ["shoe rack"]
product_type = "Racks"
[[category]]
name = "Footwear"
keywords = ["boot*", "shoe"]
product_type = "Shoes"
tags = ["footwear"]
[[category]]
name = "Jackets"
keywords = ["jacket"]
"""


def test_categories_by_priority_and_the_unmatched_are_reported(program, catalogue, work, read_csv):
    (work / "categories.toml").write_text(CATEGORIES)
    done = program("categorize_products", "--input", catalogue, "--categories-file", "categories.toml")
    rows = read_csv(work / "categorized.csv")
    assert (done.code, len(rows)) == (0, 10_000)
    assert done.result["categories"] == {"Footwear": 4000, "Furniture": 2000, "Jackets": 2000}
    assert done.result["unmatched"] == 2000 == len(read_csv(work / "unmatched.csv"))
    assert [row["category"] for row in rows[:5]] == ["Footwear", "Footwear", "Jackets", "", "Furniture"]
    assert (rows[1]["product_type"], rows[1]["Tags"]) == ("Shoes", "new, café, footwear")


def test_a_category_that_is_there_stays_unless_told(call, make_catalogue, work, read_csv):
    (work / "categories.toml").write_text(CATEGORIES)
    argv = (
        "--input",
        make_catalogue([["A red boot", "Mine"]], ["Title", "category"]),
        "--categories-file=categories.toml",
    )
    assert call("categorize_products", *argv).code == 0
    assert read_csv(work / "categorized.csv")[0]["category"] == "Mine"
    assert call("categorize_products", *argv, "--overwrite").code == 0
    assert read_csv(work / "categorized.csv")[0]["category"] == "Footwear"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ('keywords = ["a"]', "category 1: name is missing"),
        ('name = "A"\nkeywords = []', "category 1: keywords is empty"),
        ('name = "A"\nkeywords = ["..."]', "'...' has no letter or digit"),
        ('name = "A"\nkeywords = ["a"]\npriority = "high"', "category 1: priority must be a whole number"),
        ('name = "A"\nkeywords = "a"', "category 1: keywords must be a list of texts"),
        ('name = "A"\nkeywords = ["a"]\nfields = ["colour"]', "has no column 'colour'"),
    ],
)
def test_a_wrong_category_is_named(call, make_catalogue, work, rule, words):
    (work / "categories.toml").write_text(f"[[category]]\n{rule}\n")
    done = call("categorize_products", "--input", make_catalogue(2), "--categories-file=categories.toml")
    assert done.code == 2
    assert words in done.errors


MAPPING = """
[[metafield]]
column = "Material"
key = "material"
type = "single_line_text_field"
[[metafield]]
column = "Tags"
namespace = "search"
key = "words"
type = "list.single_line_text_field"
[[metafield]]
column = "Stock"
key = "stock"
type = "number_integer"
"""


def test_metafields_are_made_of_columns(program, catalogue, work):
    (work / "mapping.toml").write_text(MAPPING)
    done = program("create_metafields", "--input", catalogue, "--mapping-file=mapping.toml")
    lines = [json.loads(line) for line in (work / "metafields.jsonl").read_text().splitlines()]
    definitions = json.loads((work / "metafield_definitions.json").read_text())
    assert (done.code, len(lines), done.result["metafields"]) == (0, 10_000, 10_000 + 4_000 + 5_000)
    assert [field["value"] for field in lines[1]["metafields"]] == ["leather", '["new", "café"]', "1"]
    assert definitions[1] == {
        "name": "Tags",
        "namespace": "search",
        "key": "words",
        "type": "list.single_line_text_field",
        "description": "",
        "ownerType": "PRODUCT",
    }


def test_values_that_are_not_of_their_type_are_rejected(call, make_catalogue, work, read_csv):
    (work / "mapping.toml").write_text(
        '[[metafield]]\ncolumn = "weight"\nkey = "weight"\ntype = "list.number_decimal"\n'
        '[[metafield]]\ncolumn = "made"\nkey = "made"\ntype = "date"\nrequired = true\n'
    )
    rows = [["a", "1,50 2.25", "2026-01-31"], ["b", "heavy", "2026-01-31"], ["c", "1", "31.1.2026"], ["d", "1", ""]]
    rows[0][1] = "1.50, 2.25"
    source = make_catalogue(rows, ["handle", "weight", "made"])
    done = call("create_metafields", "--input", source, "--mapping-file=mapping.toml")
    made = json.loads((work / "metafields.jsonl").read_text())
    assert [field["value"] for field in made["metafields"]] == ["[1.50, 2.25]", "2026-01-31"]
    assert done.result["rejected"] == 3
    assert [(row["line"], row["reason"]) for row in read_csv(work / "rejects.csv")] == [
        ("3", "column 'weight': 'heavy' is not a number like 12.5"),
        ("4", "column 'made': '31.1.2026' is not a date like 2026-03-31"),
        ("5", "column 'made': is empty"),
    ]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('column = "Tags"\nkey = "t"\ntype = "url"', "metafield 1: key 't' must be 2 to 64"),
        ('column = "Tags"\nkey = "tags"\ntype = "json"', "metafield 1: type 'json' is none of"),
        ('column = "Nope"\nkey = "tags"\ntype = "url"', "has no column 'Nope'"),
        ('key = "tags"\ntype = "url"', "metafield 1: column is missing"),
    ],
)
def test_a_wrong_mapping_is_named(call, make_catalogue, work, table, words):
    (work / "mapping.toml").write_text(f"[[metafield]]\n{table}\n")
    done = call("create_metafields", "--input", make_catalogue(1), "--mapping-file=mapping.toml")
    assert done.code == 2
    assert words in done.errors


def test_duplicates_go_and_the_report_says_which(program, work, make_catalogue, read_csv):
    header = ["handle", "sku", "title", "images", "updated_at"]
    source = make_catalogue(
        [
            ["hat", "A-1", "Hat", "", "2026-01-01"],
            ["cap", "a 1", "Cap", "https://x.example/c.jpg", "2026-02-01"],  # the SKU of line 2
            ["mug", "B-2", "Mug", "https://x.example/m.jpg https://X.example/m.jpg?v=2 https://x.example/n.jpg", ""],
            ["cap", "C-3", "Cap", "", "2025-01-01"],  # the handle of line 3
            ["pen", "", "Pen", "", ""],
            ["ink", "", "Ink", "", ""],  # empty keys are no twins
        ],
        header,
    )
    done = program("cleanup_duplicates", "--input", source, "--keep=newest", "--no-dry-run")
    kept = read_csv(work / "deduplicated.csv")
    assert done.code == 0
    assert [row["handle"] for row in kept] == ["cap", "mug", "pen", "ink"]
    assert kept[1]["images"] == "https://x.example/m.jpg https://x.example/n.jpg"
    assert done.result == {"read": 6, "kept": 4, "products": 2, "images": 1, "rejected": 0, "dry_run": False}
    assert [tuple(row.values()) for row in read_csv(work / "duplicates.csv")] == [
        ("2", "3", "sku", "product"),
        ("4", "4", "images", "1 images"),
        ("5", "3", "handle", "product"),
    ]


@pytest.mark.parametrize(("keep", "title"), [("first", "One"), ("last", "Three"), ("most_complete", "Two")])
def test_which_of_the_twins_stays(call, make_catalogue, work, read_csv, keep, title):
    rows = [["a", "One", ""], ["a", "Two", "blue"], ["a", "Three", ""]]
    source = make_catalogue(rows, ["sku", "title", "colour"])
    assert call("cleanup_duplicates", "--input", source, f"--keep={keep}", "--no-dry-run").code == 0
    assert [row["title"] for row in read_csv(work / "deduplicated.csv")] == [title]


def test_variants_are_no_duplicates(call, make_catalogue):
    rows = [["hat", "1", "Red"], ["hat", "2", "Blue"], ["hat", "3", "red"]]
    source = make_catalogue(rows, ["handle", "sku", "option1 value"])
    assert call("cleanup_duplicates", "--input", source).result["products"] == 1


@pytest.mark.parametrize(
    "script", ["filter_products", "categorize_products", "create_metafields", "cleanup_duplicates"]
)
def test_a_dry_run_writes_nothing(call, make_catalogue, work, script):
    (work / "categories.toml").write_text(CATEGORIES)
    (work / "mapping.toml").write_text(MAPPING)
    source = make_catalogue([*([str(n), "S", "Boot", "", "x", "", "", "", "", ""] for n in range(3)), ["short"]])
    more = {
        "categorize_products": ["--categories-file=categories.toml"],
        "create_metafields": ["--mapping-file=mapping.toml"],
    }
    before = {path.name: path.read_bytes() for path in work.iterdir()}
    done = call(script, "--input", source, *more.get(script, ()), "--dry-run")
    assert done.code == 0
    assert done.result["dry_run"] is True
    assert done.result["rejected"] > 0
    assert done.said("artifact") == []
    assert {path.name: path.read_bytes() for path in work.iterdir()} == before
