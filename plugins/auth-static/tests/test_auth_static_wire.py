"""What arrives at a server on a socket, by way of the guarded client; and what never arrives at another one."""

import hashlib
import re
from contextlib import nullcontext
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard import Problem, Secret
from pegboard.testing import Received, answer
from pegboard_auth_static.bodies import with_member
from pegboard_egress import EgressBlocked

pytestmark = pytest.mark.anyio

SECRET = "topsecret-1"
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "header": ("api_key", {"keyName": "X-Odd", "keyLocation": "header", "keyValue": SECRET}),
    "query": ("api_key", {"keyName": "k", "keyLocation": "query", "keyValue": SECRET}),
    "body": ("api_key", {"keyName": "k", "keyLocation": "body", "keyValue": SECRET}),
    "bearer": ("bearer", {"token": SECRET}),
    "basic": ("basic", {"username": "ada", "password": SECRET}),
    "custom_headers": ("custom_headers", {"headers": {"X-Odd": SECRET, "X-Other": SECRET}}),
}
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("way", ["send", "client"])
async def test_each_kind_arrives(far_side: Any, way: str) -> None:
    far_side.here.on("/items", answer(json=1), method="POST")
    for kind, config in KINDS.values():
        auth = far_side.flow(kind, **config)
        more = {"content": b'{"a":1}', "headers": {"Content-Type": JSON}}
        answered = await far_side.ask(auth, "/items?page=1", way, "POST", **more)
        assert (answered.status if way == "send" else answered.status_code) == 200
    header, query, body, bearer, basic, custom = far_side.here.requests
    assert header.headers["x-odd"] == custom.headers["x-odd"] == custom.headers["x-other"] == SECRET
    assert query.params.multi_items() == [("page", "1"), ("k", SECRET)]
    assert body.json() == {"a": 1, "k": SECRET}
    assert bearer.headers["authorization"] == f"Bearer {SECRET}"
    assert basic.headers["authorization"] == httpx.BasicAuth("ada", SECRET)._auth_header
    for received in (header, query, bearer, basic, custom):
        assert received.json() == {"a": 1}


async def test_none_sends_nothing(far_side: Any) -> None:
    far_side.here.on("/items", answer(json=1))
    await far_side.ask(far_side.flow("none"))
    assert set(far_side.here.requests[0].headers) <= {"host", "user-agent", "accept", "accept-encoding"}


async def test_a_name_outside_ascii_is_sent_as_utf_8(far_side: Any) -> None:
    far_side.here.on("/items", answer(json=1))
    await far_side.ask(far_side.flow("basic", username="Jürgen", password="wörd"))
    assert far_side.here.requests[0].headers["authorization"] == "Basic SsO8cmdlbjp3w7ZyZA=="


@pytest.mark.parametrize("way", ["send", "client"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("kind", KINDS)
async def test_no_credential_follows_a_redirect_to_another_origin(
    far_side: Any, kind: str, status: int, way: str
) -> None:
    location = {"Location": f"{far_side.there.url}/landed"}
    far_side.here.on("/items", answer(status, headers=location), method="POST")
    far_side.there.on("/landed", answer(json=1), method="*")
    name, config = KINDS[kind]
    refused = kind == "body" and status in (307, 308)
    with pytest.raises(EgressBlocked, match="holds a credential") if refused else nullcontext():
        await far_side.ask(far_side.flow(name, **config), "/items", way, "POST", content=b"{}")
    assert len(far_side.there.requests) == (0 if refused else 1)
    for received in far_side.there.requests:
        shown = f"{received.headers.raw} {received.params} {received.body!r}"
        assert SECRET not in shown
        assert "authorization" not in received.headers


@pytest.mark.parametrize("way", ["send", "client"])
@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"query"}))
async def test_within_the_origin_a_redirect_keeps_it(far_side: Any, kind: str, way: str) -> None:
    far_side.here.on("/items", answer(307, headers={"Location": "/landed"}), method="POST")
    far_side.here.on("/landed", answer(json=1), method="POST")
    name, config = KINDS[kind]
    await far_side.ask(far_side.flow(name, **config), "/items", way, "POST", content=b"{}")
    [landed] = far_side.here.received("/landed")
    assert SECRET in f"{landed.headers.raw} {landed.body!r}" or "authorization" in landed.headers


class Guard:
    """A server that asks for digests, written from RFC 7616 and not from what is tested."""

    def __init__(self, algorithm: str = "MD5", qop: str = 'qop="auth", ', password: str = SECRET) -> None:
        self.algorithm, self.qop, self.password = algorithm, qop, password
        self.nonces = [f"nonce{n}" for n in range(9)]
        self.counts: list[tuple[str, str]] = []

    def __call__(self, received: Received) -> Any:
        told = dict(re.findall(r'(\w+)="?([^",]+)"?', received.headers.get("authorization", "")))
        if told and self.answered(received, told):
            self.counts.append((told["nonce"], told.get("nc", "")))
            return answer(json="in")
        challenge = (
            f'Digest realm="the lab", {self.qop}nonce="{self.nonces[0]}", opaque="o", algorithm={self.algorithm}'
        )
        return answer(401, headers={"WWW-Authenticate": challenge})

    def answered(self, received: Received, told: dict[str, str]) -> bool:
        target = f"{received.path}?{received.params}" if received.params else received.path
        two = self.hash(f"{received.method}:{target}")
        one = self.hash(f"{told['username']}:the lab:{self.password}")
        middle = [told["nc"], told["cnonce"], told["qop"]] if self.qop else []
        wanted = self.hash(":".join([one, self.nonces[0], *middle, two]))
        facts = (told["nonce"], told["realm"], told["opaque"], told["uri"], told["algorithm"])
        assert "-" not in told.get("nc", "")
        return told["response"] == wanted and facts == (self.nonces[0], "the lab", "o", target, self.algorithm)

    def hash(self, text: str) -> str:
        return hashlib.new(self.algorithm.replace("-", ""), text.encode()).hexdigest()


@pytest.mark.parametrize("qop", ['qop="auth", ', 'qop="auth,auth-int", ', ""])
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512"])
async def test_a_challenge_is_answered(far_side: Any, algorithm: str, qop: str) -> None:
    guard = Guard(algorithm, qop)
    far_side.here.on("/items", guard, method="POST")
    auth = far_side.flow("digest", username="ada", password=SECRET)
    answered = await far_side.ask(auth, "/items?page=1", method="POST", content=b'{"a": 1}')
    assert (answered.status, answered.body) == (200, b'"in"')
    first, second = far_side.here.requests
    assert "authorization" not in first.headers
    assert first.body == second.body == b'{"a": 1}'
    assert all(SECRET not in str(received.headers.raw) for received in far_side.here.requests)


async def test_a_nonce_is_used_again_and_counted_until_the_server_wants_another(far_side: Any) -> None:
    guard = Guard("SHA-256")
    far_side.here.on("/items", guard)
    auth = far_side.flow("digest", username="ada", password=SECRET)
    for _ in range(3):
        await far_side.ask(auth)
    guard.nonces.pop(0)
    for _ in range(2):
        await far_side.ask(auth)
    counts = [("nonce0", "00000001"), ("nonce0", "00000002"), ("nonce0", "00000003")]
    assert guard.counts == [*counts, ("nonce1", "00000001"), ("nonce1", "00000002")]
    assert len(far_side.here.requests) == 7, "one challenge for each nonce"


async def test_a_wrong_password_is_the_servers_401_and_no_loop(far_side: Any) -> None:
    far_side.here.on("/items", Guard(password="another"))
    answered = await far_side.ask(far_side.flow("digest", username="ada", password=SECRET))
    assert answered.status == 401
    assert len(far_side.here.requests) == 2


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="r", nonce="n", algorithm=ROT13',
        'Digest realm="r", nonce="n", qop="auth-int"',
        'Digest realm="r", nonce="n", qop="other"',
        'Digest nonce="n"',
        "Digest realm",
    ],
)
async def test_a_challenge_that_nobody_can_answer_is_said_so(far_side: Any, challenge: str) -> None:
    far_side.here.on("/items", answer(401, headers={"WWW-Authenticate": challenge}))
    with pytest.raises(Problem) as refused:
        await far_side.ask(far_side.flow("digest", username="ada", password=SECRET))
    assert (refused.value.status, refused.value.code) == (502, "auth-challenge-refused")


@pytest.mark.parametrize("challenge", ["Basic realm=x", "Negotiate"])
async def test_another_scheme_than_digest_is_never_answered(far_side: Any, challenge: str) -> None:
    far_side.here.on("/items", answer(401, headers={"WWW-Authenticate": challenge}))
    answered = await far_side.ask(far_side.flow("digest", username="ada", password=SECRET))
    assert (answered.status, len(far_side.here.requests)) == (401, 1)


async def test_the_answer_to_a_challenge_does_not_follow_a_redirect(far_side: Any) -> None:
    guard = Guard()

    def handler(received: Received) -> Any:
        made = guard(received)
        moved = answer(302, headers={"Location": f"{far_side.there.url}/landed"})
        return moved if made.status == 200 else made

    far_side.here.on("/items", handler)
    far_side.there.on("/landed", answer(401, headers={"WWW-Authenticate": 'Digest realm="evil", nonce="n"'}))
    await far_side.ask(far_side.flow("digest", username="ada", password=SECRET))
    assert far_side.there.requests
    assert all("authorization" not in received.headers for received in far_side.there.requests)


BODIES = [
    (b'{"a": [1, null]}', JSON, {"a": [1, None], "k": SECRET}),
    (b'{"k": "another"}', "application/vnd.api+json; charset=utf-8", {"k": SECRET}),
    (b"", JSON, {"k": SECRET}),
    (b"", None, {"k": SECRET}),
]


@pytest.mark.parametrize(("content", "kind", "document"), BODIES)
async def test_a_key_becomes_a_member_of_json(far_side: Any, content: bytes, kind: Any, document: Any) -> None:
    far_side.here.on("/items", answer(json=1), method="POST")
    headers = {"Content-Type": kind} if kind else {}
    await far_side.ask(far_side.in_body, method="POST", content=content, headers=headers)
    [received] = far_side.here.requests
    assert received.json() == document
    assert received.headers["content-type"] == (kind or JSON)
    assert received.headers["content-length"] == str(len(received.body))


async def test_a_key_becomes_a_field_of_a_form(far_side: Any) -> None:
    far_side.here.on("/items", answer(json=1), method="POST")
    for content in (b"a=1&a=%C3%BC&empty=", b"k=another", b""):
        await far_side.ask(far_side.in_body, method="POST", content=content, headers={"Content-Type": FORM})
    first, second, third = (httpx.QueryParams(r.text).multi_items() for r in far_side.here.requests)
    assert first == [("a", "1"), ("a", "ü"), ("empty", ""), ("k", SECRET)]
    assert second == third == [("k", SECRET)]


async def test_a_key_becomes_a_part_of_a_form_with_files(far_side: Any) -> None:
    far_side.here.on("/items", answer(json=1), method="POST")
    form = httpx.Request("POST", "http://a", data={"a": "1"}, files={"f": b"\x00\xff"})
    headers = {"Content-Type": form.headers["content-type"]}
    await far_side.ask(far_side.in_body, method="POST", content=form.read(), headers=headers)
    [received] = far_side.here.requests
    boundary = received.headers["content-type"].partition("boundary=")[2].encode()
    parts = received.body.split(b"--" + boundary)
    assert [re.findall(rb' name="(\w+)"', part) for part in parts[1:-1]] == [[b"k"], [b"a"], [b"f"]]
    assert parts[1].endswith(b"\r\n\r\n" + SECRET.encode() + b"\r\n")
    assert b"\x00\xff" in parts[3]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"text", "text/plain"), (b"[1]", JSON), (b"{", JSON), (b"--x", "multipart/form-data"), (b"<a/>", "text/xml")],
)
async def test_a_body_that_has_no_members_is_refused_before_anything_is_sent(
    far_side: Any, content: bytes, kind: str
) -> None:
    with pytest.raises(Problem) as refused:
        await far_side.ask(far_side.in_body, method="POST", content=content, headers={"Content-Type": kind})
    assert (refused.value.status, refused.value.code) == (422, "auth-needs-members")
    assert SECRET not in str(refused.value)
    assert not far_side.here.requests


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(texts, texts)), texts.filter(bool))
def test_the_other_fields_of_a_form_stay_as_they_are(fields: list[tuple[str, str]], key: str) -> None:
    content = str(httpx.QueryParams(fields)).encode()
    made, kind = with_member(content, FORM, "the key", Secret(key))
    wanted = [pair for pair in httpx.QueryParams(content.decode()).multi_items() if pair[0] != "the key"]
    assert httpx.QueryParams(made.decode()).multi_items() == [*wanted, ("the key", key)]
    assert kind == FORM
