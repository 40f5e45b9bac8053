"""What programs see of their arguments."""

import pytest

from pegboard_sandbox_process.views import Object, Pairs, Request

HEADERS = Pairs([["Accept", "a"], ["accept", "b"], ["X-Id", "7"]], ignore_case=True)
QUERY = Pairs([["q", "1"], ["q", "2"], ["Q", "3"]])


def test_headers_ignore_case_and_give_the_first() -> None:
    assert (HEADERS.get("ACCEPT"), HEADERS["x-id"], HEADERS.get("none"), HEADERS.get("none", 1)) == ("a", "7", None, 1)
    assert "X-ID" in HEADERS
    assert HEADERS.getlist("accept") == ["a", "b"]


def test_parameters_keep_case_and_give_the_last() -> None:
    assert (QUERY["q"], QUERY["Q"], QUERY.getlist("q")) == ("2", "3", ["1", "2"])
    with pytest.raises(KeyError):
        QUERY["x"]


def test_pairs_are_a_mapping() -> None:
    assert dict(QUERY) == {"q": "2", "Q": "3"} == dict(QUERY.items())
    assert (list(QUERY), QUERY.values(), len(QUERY), 5 in QUERY) == (["q", "Q"], ["2", "3"], 2, False)


def test_an_object_shows_members_and_nothing_else() -> None:
    user = Object({"id": 1, "_secret": 2, "__class__": 3})
    assert user.id == 1
    assert user == Object({"id": 1, "_secret": 2, "__class__": 3})
    with pytest.raises(AttributeError, match="there are id"):
        _ = user.name
    with pytest.raises(AttributeError):
        _ = user._secret
    assert user.__class__ is Object


@pytest.mark.parametrize("thing", [Object({"id": 1}), QUERY, Request({})])
@pytest.mark.parametrize("name", ["id", "_members", "_values", "headers", "new", "__class__"])
def test_nothing_can_be_changed(thing: object, name: str) -> None:
    with pytest.raises(AttributeError, match="read-only"):
        setattr(thing, name, 1)
    with pytest.raises(AttributeError, match="read-only"):
        delattr(thing, name)


def test_a_request_without_body_says_so() -> None:
    with pytest.raises(ValueError, match="no body"):
        Request({"body": None}).json()


def test_a_request_parses_its_body_each_time() -> None:
    request = Request({"body": '{"a": []}'})
    request.json()["a"].append(1)
    assert request.json() == {"a": []}
