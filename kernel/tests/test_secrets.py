"""A secret shows itself to `reveal` alone."""

import json
import pickle
from typing import Any

import attrs
import pytest

from pegboard import Secret
from pegboard.json import converter, dumps

SECRET = Secret("tops3cret")


@attrs.frozen
class Account:
    key: Secret
    name: str = "x"


@pytest.mark.parametrize(
    "shown",
    [
        repr(SECRET),
        str(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        "%s" % SECRET,  # noqa: UP031
        repr(Account(SECRET)),
        repr([SECRET, {"a": SECRET}]),
        dumps(Account(SECRET)).decode(),
        str(ValueError(SECRET)),
        json.dumps(converter.unstructure(Account(SECRET))),
    ],
)
def test_it_is_masked_in_everything_that_people_read(shown: str) -> None:
    assert "tops3cret" not in shown


def test_it_reveals_itself_when_it_is_asked() -> None:
    assert SECRET.reveal() == "tops3cret"
    assert converter.structure({"key": "k"}, Account).key.reveal() == "k"


def test_it_compares_and_says_whether_it_is_empty() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("ü") != "ü"
    assert (bool(Secret("")), str(Secret("")), bool(SECRET)) == (False, "", True)


@pytest.mark.parametrize("use", [pickle.dumps, hash])
def test_it_is_neither_pickled_nor_hashed(use: Any) -> None:
    with pytest.raises(TypeError):
        use(SECRET)
