"""The published test vectors of Signature Version 4."""

from datetime import UTC, datetime

import pytest

from pegboard import Secret
from pegboard_auth_sigv4 import Credentials, Signable, sign
from pegboard_auth_sigv4.signing import sha256

CREDENTIALS = Credentials("AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), "us-east-1", "service")
AT = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)
HOST, DATE = ("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")
ALPHABET = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = ("Content-Type", "application/x-www-form-urlencoded")
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YU"
    "uwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQ"
    "cHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/"
    "oLxBA=="
)
VANILLA = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
POST = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
SLASHES = "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"

# name: method, path, query, headers besides Host and X-Amz-Date, body, signature
VECTORS = {
    "get-vanilla": ("GET", "/", "", (), b"", VANILLA),
    "get-vanilla-empty-query-key": (
        "GET", "/", "Param1=value1", (), b"", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb",
    ),
    "get-vanilla-query-order-key-case": (
        "GET", "/", "Param2=value2&Param1=value1", (), b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    "get-vanilla-query-unreserved": (
        "GET", "/", f"{ALPHABET}={ALPHABET}", (), b"",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    "get-vanilla-utf8-query": (
        "GET", "/", "ሴ=bar", (), b"", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ),
    "get-unreserved": (
        "GET", f"/{ALPHABET}", "", (), b"", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
    ),
    "get-utf8": ("GET", "/ሴ", "", (), b"", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    "get-space": (
        "GET", "/example space/", "", (), b"", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
    ),
    "get-relative": ("GET", "/example/..", "", (), b"", VANILLA),
    "get-relative-relative": ("GET", "/example1/example2/../..", "", (), b"", VANILLA),
    "get-slash": ("GET", "//", "", (), b"", VANILLA),
    "get-slash-dot-slash": ("GET", "/./", "", (), b"", VANILLA),
    "get-slashes": ("GET", "//example//", "", (), b"", SLASHES),
    "get-slash-pointless-dot": (
        "GET", "/./example", "", (), b"", "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5",
    ),
    "get-header-key-duplicate": (
        "GET", "/", "", (("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")), b"",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    "get-header-value-order": (
        "GET", "/", "", tuple(("My-Header1", f"value{n}") for n in (4, 1, 3, 2)), b"",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    "get-header-value-trim": (
        "GET", "/", "", (("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')), b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    "post-vanilla": ("POST", "/", "", (), b"", POST),
    "post-header-key-case": ("POST", "/", "", (), b"", POST),
    "post-header-key-sort": (
        "POST", "/", "", (("My-Header1", "value1"),), b"",
        "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
    ),
    "post-header-value-case": (
        "POST", "/", "", (("My-Header1", "VALUE1"),), b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    "post-vanilla-query": (
        "POST", "/", "Param1=value1", (), b"", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
    ),
    "post-x-www-form-urlencoded": (
        "POST", "/", "", (FORM,), b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
    "post-sts-header-before": (
        "POST", "/", "", (("X-Amz-Security-Token", TOKEN),), b"",
        "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
    ),
    "post-sts-header-after": ("POST", "/", "", (), b"", POST),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path", "query", "more", "body", "expected"), VECTORS.values(), ids=VECTORS)
def test_a_vector_is_signed(
    method: str, path: str, query: str, more: tuple[tuple[str, str], ...], body: bytes, expected: str
) -> None:
    made = sign(Signable(method, path, query, (HOST, DATE, *more), sha256(body)), CREDENTIALS, AT)
    assert made.authorization.endswith(f", Signature={expected}"), made.canonical_request
    scope = "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert made.authorization.startswith(f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=")


def test_the_steps_are_those_of_the_vector() -> None:
    made = sign(Signable("GET", "/", "", (HOST, DATE), sha256(b"")), CREDENTIALS, AT)
    assert made.canonical_request == (
        "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert made.string_to_sign == (
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63"
    )
