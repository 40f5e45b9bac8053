"""A request that is sent again is answered again, and carried out once."""

from typing import Any

import pytest
import structlog

from pegboard.testing import caller

pytestmark = pytest.mark.anyio

ANN = caller("*", id="ann", tenant="acme")
BOB = caller("*", id="bob", tenant="acme")
URN = "urn:pegboard:problem:"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(URN)


async def test_the_second_answer_is_the_first_one(desk: Any) -> None:
    first, second, third = [await desk.send() for _ in range(3)]
    assert (first.status_code, first.json()) == (201, {"number": 1})
    assert "idempotent-replayed" not in first.headers
    for again in (second, third):
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["content-type"] == first.headers["content-type"]
        assert again.headers["idempotent-replayed"] == "true"
    assert desk.orders == ["pen"]


async def test_without_a_key_each_request_is_carried_out(desk: Any) -> None:
    answers = [await desk.send(key=None) for _ in range(2)]
    assert [answer.json()["number"] for answer in answers] == [1, 2]
    assert await desk.rows() == []


@pytest.mark.parametrize("other", [{"key": "k-2"}, {"by": BOB}, {"path": "/again"}])
async def test_a_key_is_of_one_caller_and_one_path(desk: Any, other: Any) -> None:
    assert (await desk.send()).json() == {"number": 1}
    assert (await desk.send(**other)).json() == {"number": 2}


async def test_a_key_is_of_one_tenant(desk: Any) -> None:
    assert (await desk.send()).json() == {"number": 1}
    other = await desk.send(by=caller("*", id="ann", tenant="other"))
    assert other.json() == {"number": 2}


@pytest.mark.parametrize(
    "other", [{"item": "ink"}, {"params": {"fast": "1"}}, {"headers": {"Content-Type": "text/json"}}]
)
async def test_a_key_with_another_request_is_refused(desk: Any, other: Any) -> None:
    await desk.send()
    assert code(await desk.send(**other)) == (422, "idempotency-mismatch")
    assert desk.orders == ["pen"]


async def test_chosen_headers_are_given_again(desk: Any) -> None:
    first, second = await desk.send("text"), await desk.send("text")
    assert (second.status_code, second.text, second.headers["location"]) == (202, "done", "/orders/1")
    assert "set-cookie" in first.headers
    assert second.headers.keys() & {"set-cookie", "x-own"} == set()


async def test_a_refusal_is_an_answer_too(desk: Any) -> None:
    answers = [await desk.send("refused") for _ in range(2)]
    assert [code(answer) for answer in answers] == [(409, "sold-out")] * 2
    assert answers[1].headers["content-type"] == "application/problem+json"
    assert desk.orders == ["refused"]


@pytest.mark.parametrize(("item", "status"), [("busy", 503), ("full", 409), ("broken", 500)])
async def test_what_asks_for_another_try_is_not_kept(desk: Any, item: str, status: int) -> None:
    with structlog.testing.capture_logs():
        answers = [await desk.send(item) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status] * 2
    assert desk.orders == [item] * 2
    assert await desk.rows() == []


async def test_what_is_not_valid_does_not_use_up_a_key(desk: Any) -> None:
    wrong = await desk.send(json={"item": "pen", "count": "many"})
    assert code(wrong) == (422, "invalid-input")
    assert (await desk.send()).status_code == 201


async def test_a_raw_body_is_compared_as_well(desk: Any) -> None:
    sent = [await desk.send(method="PUT", path="/upload", content=body) for body in (b"a", b"a", b"b")]
    assert [answer.status_code for answer in sent] == [204, 204, 422]
    assert desk.orders == ["a"]
    assert (await desk.send(method="PUT", path="/upload", key="k-9", content=b"x" * 101)).status_code == 413


async def test_a_safe_method_needs_no_key(desk: Any) -> None:
    assert (await desk.send(method="GET", path="/upload", key=None)).status_code == 204


async def test_a_key_is_missing_where_one_is_required(desk: Any) -> None:
    assert code(await desk.send(path="/again", key=None)) == (400, "idempotency-key")


@pytest.mark.parametrize(
    "key", ["", '""', "two words", "a" * 256, f'"{"a" * 256}"', 'a"b', '"a', "ü", "a\\b", '"a\\b"']
)
async def test_a_key_that_is_none_is_refused_by_name(desk: Any, key: str) -> None:
    answer = await desk.send(headers={"Idempotency-Key": key.encode("latin-1")}, key=None)
    assert code(answer) == (400, "idempotency-key")
    assert answer.json()["detail"].startswith("Idempotency-Key ")
    assert desk.orders == []


async def test_two_keys_are_refused(desk: Any) -> None:
    headers = [*ANN.items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await desk.client.post("/orders", json={"item": "pen"}, headers=headers)
    assert code(answer) == (400, "idempotency-key")


@pytest.mark.parametrize("same", ['"k-1"', " k-1 "])
async def test_quotes_and_spaces_around_a_key_do_not_matter(desk: Any, same: str) -> None:
    await desk.send()
    assert (await desk.send(key=same)).headers["idempotent-replayed"] == "true"


async def test_a_quoted_key_may_have_spaces_and_quotes(desk: Any) -> None:
    answers = [await desk.send(key=r'"a \"b\" \\ c"') for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert desk.orders == ["pen"]


async def test_nobody_in_particular_cannot_use_a_key(desk: Any) -> None:
    refused = await desk.send(path="/open", by={})
    assert code(refused) == (401, "unauthorized")
    assert "www-authenticate" in refused.headers
    assert (await desk.send(path="/open", by={}, key=None)).status_code == 201
    assert (await desk.send(path="/open")).json() == {"number": 2}


async def test_without_a_store_a_key_is_not_pretended_to_be_kept(bare: Any) -> None:
    for path in ("/again", "/orders"):
        assert code(await bare.send(path=path)) == (503, "provider-missing")
    assert (await bare.send(key=None)).status_code == 201
    assert bare.orders == ["pen"]


async def test_keys_and_answers_are_in_no_log(desk: Any) -> None:
    with structlog.testing.capture_logs() as logs:
        for item in ("pen", "pen", "ink", "busy"):
            await desk.send(item, key="k-visible-nowhere")
    assert "visible" not in str(logs)
