import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from joserfc import jwt as other_library
from joserfc.jwk import KeySet

from pegboard import StartupError
from pegboard.testing import client
from pegboard_accounts.signing import check_secret, new_key

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

SECRET = "0123456789abcdef0123456789abcdef"


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def refused(people: Any, token: str) -> None:
    answer = await people.me(token)
    assert (answer.status_code, answer.json()["detail"]) == (401, "the token is not valid"), token


async def test_a_token_that_is_not_quite_ours_is_refused_in_the_same_words(make_people: Any) -> None:
    people = await make_people(secret_key=SECRET)
    made = await people.register()
    good = made["access_token"]
    assert (await people.me(good)).status_code == 200
    head, body, signature = good.split(".")
    claims, typ = claims_of(good), {"typ": "at+jwt"}
    forged = [
        f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.{signature}",
        f"{head}.{part({**claims, 'sub': 'usr_root'})}.{signature}",
        f"{head}.{body}.{signature[:-2]}",
        f"{head}.{body}.",
        "a.b.c",
        "..",
        jwt.encode(claims, "another secret of thirty-two bytes", "HS256", headers=typ),
        jwt.encode(claims, SECRET * 2, "HS512", headers=typ),
        jwt.encode(claims, SECRET, "HS256"),  # of another type
        jwt.encode({**claims, "type": "refresh"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "exp": int(time.time()) - 1}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "iss": "https://other"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "aud": "https://other"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "sid": "ses_other"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "tenant": "acme"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "sub": "usr_root"}, SECRET, "HS256", headers=typ),
        jwt.encode({**claims, "sid": ["x"]}, SECRET, "HS256", headers=typ),
        *(
            jwt.encode({k: v for k, v in claims.items() if k != name}, SECRET, "HS256", headers=typ)
            for name in ("exp", "sub", "iss", "aud", "tenant", "sid", "jti")
        ),
    ]
    for token in forged:
        await refused(people, token)
    assert (await people.me(jwt.encode(claims, SECRET, "HS256", headers=typ))).status_code == 200


async def test_neither_token_is_taken_for_the_other(people: Any) -> None:
    made = await people.register()
    assert (await people.me(made["refresh_token"])).status_code == 401
    assert (await people.refresh(made["access_token"])).status_code == 401
    assert (await people.me(made["access_token"])).status_code == 200
    assert (await people.http.get("/whoami", headers={"X-API-Key": made["access_token"]})).status_code == 401


async def test_no_token_and_a_bad_one_are_told_apart(people: Any) -> None:
    assert (await people.http.get("/api/v1/auth/me")).json()["detail"] == "send a credential"
    assert (await people.me("a.b.c")).json()["detail"] == "the token is not valid"


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA", "ES256"])
async def test_another_library_verifies_by_the_published_keys_and_they_are_no_secret(
    make_people: Any, algorithm: str
) -> None:
    key = new_key(algorithm)
    people = await make_people(algorithm=algorithm, secret_key=key, issuer="https://api.example.com")
    made = await people.register()
    token = made["access_token"]
    published = (await people.http.get("/.well-known/jwks.json")).json()
    assert not {"d", "p", "q", "k"} & published["keys"][0].keys()
    decoded = other_library.decode(token, KeySet.import_key_set(published), algorithms=[algorithm, "EdDSA"])
    assert (decoded.claims["sub"], decoded.header["typ"]) == (made["user"]["id"], "at+jwt")
    assert (await people.me(token)).status_code == 200
    public = load_pem_private_key(key.encode(), None).public_key()  # type: ignore[union-attr]
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[union-attr]
    for secret in (pem, pem.strip(), json.dumps(published["keys"][0]).encode()):
        await refused(people, confused(claims_of(token), secret))


def confused(claims: dict[str, Any], secret: bytes) -> str:
    """Signed by HMAC with what everybody may know; the library itself refuses to."""
    import hashlib
    import hmac

    signed = f"{part({'alg': 'HS256', 'typ': 'at+jwt'})}.{part(claims)}"
    mac = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=").decode()
    return f"{signed}.{mac}"


async def test_a_secret_is_not_published(people: Any) -> None:
    assert (await people.http.get("/.well-known/jwks.json")).json() == {"keys": []}


@pytest.mark.parametrize(
    "secret", ["your-secret-key-change-in-production", "your-secret-key-here", "short", "a" * 64, "x" * 31]
)
async def test_a_secret_that_others_know_or_guess_stops_the_start_without_being_shown(
    make_app: Any, secret: str
) -> None:
    with pytest.raises(StartupError, match="secret_key") as caught:
        async with client(make_app(secret_key=secret)):
            pass
    assert secret not in str(caught.value)


async def test_a_key_of_another_kind_stops_the_start(make_app: Any) -> None:
    for given in (SECRET, new_key("ES256")):
        with pytest.raises(StartupError, match="secret_key"):
            async with client(make_app(secret_key=given, algorithm="RS256")):
                pass
    assert check_secret(SECRET, "HS256") is None


async def test_the_key_that_is_made_is_one_for_all_processes_and_for_no_other_user(make_people: Any) -> None:
    one, other = await make_people(), await make_people()
    made = await one.register()
    assert (await other.me(made["access_token"])).status_code == 200
    file = one.data / "accounts.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text().strip() not in repr(one.accounts._signing)
    file.chmod(0o644)
    third = await make_people()
    with pytest.raises(StartupError, match="chmod 600"):
        await third.accounts.recognise(made["access_token"])


async def test_where_no_key_may_be_made_nobody_signs_in_and_keys_still_work(make_app: Any, ann: Any) -> None:
    async with client(make_app("https://api.example.com", registration="open")) as http:
        given = {"email": "ann@example.com", "password": "correct horse battery"}
        answer = await http.post("/api/v1/auth/register", json=given)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:pegboard:problem:signing-key-missing")


async def test_tokens_are_in_no_repr(people: Any) -> None:
    await people.register()
    signed = await people.accounts.login("ann@example.com", "correct horse battery")
    assert signed.access_token not in repr(signed)
    assert signed.refresh_token not in repr(signed)


async def test_a_known_token_is_recognised_quickly(people: Any) -> None:
    """A verification takes a hundred times as long; the limit is wide, for a machine that is busy."""
    token = (await people.register())["access_token"]
    await people.accounts.recognise(token)
    start = time.perf_counter()
    for _ in range(1000):
        await people.accounts.recognise(token)
    assert (time.perf_counter() - start) / 1000 < 0.0005
