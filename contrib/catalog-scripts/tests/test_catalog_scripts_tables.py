"""CSV as it comes: encodings, delimiters, malformed rows; and laws of what is done with it."""

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard_catalog_scripts import InputError
from pegboard_catalog_scripts.columns import images, plain_text, slug
from pegboard_catalog_scripts.duplicates import Seen, each_once, find_twins
from pegboard_catalog_scripts.protocol import Report
from pegboard_catalog_scripts.tables import REJECTS, open_table
from pegboard_catalog_scripts.writing import Lines, whole


def read(path: Path, encoding: str = "auto") -> tuple[list[list[str]], list[list[str]]]:
    """The rows of a file, and its rejects."""
    with Lines(path.with_name("rejects.csv"), REJECTS) as rejects:
        with open_table(path, rejects, encoding) as table:
            rows = [list(row.cells.values()) for row in table.rows()]
        saved = rejects.save()
    found = list(csv.reader(io.StringIO(saved.read_text("utf-8")))) if saved else []
    return rows, found[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_found(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("title;price\nCafé “noir”;5 €\n".encode(encoding))
    assert read(path) == ([["Café “noir”", "5 €"]], [])


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, mark):
    path = tmp_path / "a.csv"
    path.write_text(f"a{mark}b\n1{mark}2\n")
    assert read(path)[0] == [["1", "2"]]


def test_malformed_rows_are_rejected_with_line_and_reason(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'a,b\n1,2\n\n1,2,3\n"x"y,2\nnul\x00,2\n\xff\xfe,2\n"two\nlines",2\n1\n' + b"l" * 200_000 + b',2\n3,"open\n'
    )
    rows, rejects = read(path, "utf-8")
    assert rows == [["1", "2"], ["two\nlines", "2"]]
    assert [(line, reason.partition(":")[0]) for line, reason, _ in rejects] == [
        ("4", "has 3 cells; the header has 2"),
        ("5", "is not CSV"),
        ("6", "column 'a' has a NUL character"),
        ("7", "column 'a' has bytes that are not in the file's encoding"),
        ("10", "has 1 cells; the header has 2"),
        ("11", "is not CSV"),
        ("12", "is not CSV"),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "a.csv: is empty"),
        (b"a,a\n1,2\n", "has the column 'a' twice"),
        (b"a,,c\n", "has a column without a name"),
        (b'"a\n', "the first line is not CSV"),
    ],
)
def test_a_file_without_a_fit_header_is_refused(tmp_path, content, words):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read(path)


ROWS = st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=2, max_size=3))


@settings(deadline=None)
@given(ROWS)
def test_no_row_is_lost(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("law") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *rows])
    kept, rejects = read(path)
    assert kept == [row for row in rows if len(row) == 2]
    assert len(rejects) == len(rows) - len(kept)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.sampled_from("vwxyz"))))
def test_of_rows_that_share_a_key_one_stays(pairs):
    rows = [Seen(line, (("sku", sku), ("handle", handle)), (-line,)) for line, (sku, handle) in enumerate(pairs)]
    gone = {twin.line for twin in find_twins(rows)}
    kept = [row for row in rows if row.line not in gone]
    for kind in (0, 1):
        keys = [row.keys[kind] for row in kept]
        assert len(keys) == len(set(keys))
    assert {twin.kept for twin in find_twins(rows)} <= {row.line for row in kept}


@settings(deadline=None)
@given(st.text())
def test_plain_texts_and_slugs_are_stable(text):
    assert slug(slug(text)) == slug(text)
    assert plain_text(plain_text(text)) == plain_text(text)


def test_a_title_in_any_script_makes_a_handle():
    assert slug("Café  “Noir”_2") == "cafe-noir-2"
    assert slug("日本の帽子") == "日本の帽子"


def test_images_of_a_cell_are_told_apart():
    cell = "https://x.example/a,b.jpg, https://x.example/c.jpg|https://x.example/d.jpg  https://x.example/c.jpg?v=2"
    assert len(images(cell)) == 4
    assert each_once(images(cell)) == [
        "https://x.example/a,b.jpg",
        "https://x.example/c.jpg",
        "https://x.example/d.jpg",
    ]


@settings(deadline=None)
@given(st.text(), st.sampled_from(["progress", "stage", "artifact", "result"]))
def test_no_text_of_a_catalogue_becomes_a_report(text, word):
    said: list[str] = []
    Report(write=said.append).log(f"{word}: {text}")
    Report(write=said.append).log(f"title\n{word}: {text}")
    assert all("\n" not in line and not line.startswith(word) for line in said)
    assert "\n".join(said).splitlines() == said


def test_a_secret_is_masked_wherever_it_would_be_said():
    said: list[str] = []
    report = Report(("hunter2",), write=said.append)
    report.log("a hunter2 b")
    report.result({"x": "hunter2"})
    report.stage("hunter2")
    assert "hunter2" not in "".join(said)
    assert "***" in said[0]


def test_a_file_is_there_whole_or_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(TypeError), whole(path) as file:
        file.writelines(["half", None])
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]
