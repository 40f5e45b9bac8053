"""What the senders' own documentation gives as examples, and what other libraries sign and verify."""

import base64
import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import standardwebhooks
from http_message_signatures import HTTPMessageVerifier, algorithms
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard import NoConfig, Secret
from pegboard_webhooks import (
    Delivery,
    HmacConfig,
    Message,
    MessageSignatureConfig,
    Refused,
    SlackConfig,
    StandardConfig,
    StripeConfig,
    TwilioConfig,
    WebhookScheme,
)
from pegboard_webhooks.schemes.hmacs import HMAC
from pegboard_webhooks.schemes.message_signatures import Request, Resolver, key_of
from pegboard_webhooks.schemes.senders import GITHUB, SHOPIFY, SLACK
from pegboard_webhooks.schemes.standard import STANDARD
from pegboard_webhooks.schemes.stripe import STRIPE
from pegboard_webhooks.schemes.twilio import TWILIO

URL = "https://example.com/hook"
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def delivered(headers: dict[str, str], body: bytes, received: float, url: str = URL) -> Delivery:
    return Delivery("POST", url, tuple(headers.items()), body, received)


def test_github() -> None:
    """docs.github.com, "Validating webhook deliveries", section "Testing the webhook payload validation"."""
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    sent = delivered({"X-Hub-Signature-256": f"sha256={digest}", "X-GitHub-Delivery": "72d3162e"}, b"Hello, World!", 0)
    verified = GITHUB.verify(NoConfig(), [Secret("It's a Secret to Everybody")], sent)
    assert (verified.id, verified.signed_id) == ("72d3162e", False)


def test_standard_webhooks() -> None:
    """The example of the specification and of its reference libraries."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    sent = delivered(headers, b'{"test": 2432232314}', 1614265330 + 10)
    verified = STANDARD.verify(StandardConfig(), [Secret(STANDARD_SECRET)], sent)
    assert (verified.id, verified.timestamp) == ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)


def test_slack() -> None:
    """docs.slack.dev, "Verifying requests from Slack", the step-by-step example."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "X-Slack-Request-Timestamp": "1531420618",
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    sent = delivered(headers, body, 1531420618)
    assert SLACK.verify(SlackConfig(), [Secret("8f742231b10e8888abcd99yyyzzz85a5")], sent).timestamp == 1531420618
    assert SLACK.handshake(SlackConfig(), sent) is None


@pytest.mark.parametrize(
    ("caller", "signature"),
    [("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="), ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")],
)
@pytest.mark.parametrize("port", ["", ":443"])
def test_twilio(caller: str, signature: str, port: str) -> None:
    """www.twilio.com/docs/usage/security, "Validating requests", in an older and in the present version."""
    form = {"CallSid": "CA1234567890ABCDE", "Caller": caller, "Digits": "1234", "From": caller, "To": "+18005551212"}
    headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
    url = f"https://mycompany.com{port}/myapp.php?foo=1&bar=2"
    sent = delivered(headers, urlencode(form).encode(), 0, url)
    assert TWILIO.verify(TwilioConfig(), [Secret("other"), Secret("12345")], sent).secret == 1
    changed = delivered(headers, urlencode(form | {"Digits": "1235"}).encode(), 0, url)
    with pytest.raises(Refused):
        TWILIO.verify(TwilioConfig(), [Secret("12345")], changed)


def test_twilio_behind_a_proxy_is_verified_with_the_address_that_it_calls() -> None:
    public = "https://hooks.example.com/in"
    signed = TWILIO.sign(TwilioConfig(), Secret("12345"), Message("1", 0, b"{}", public))
    query = signed.url.partition("?")[2]
    sent = delivered(dict(signed.headers), b"{}", 0, f"http://10.0.0.1:8000/in?{query}")
    assert TWILIO.verify(TwilioConfig(url=public), [Secret("12345")], sent).secret == 0
    with pytest.raises(Refused):
        TWILIO.verify(TwilioConfig(), [Secret("12345")], sent)


def test_stripe_takes_v1_only_and_any_of_several() -> None:
    """docs.stripe.com, "Verify webhook signatures manually": schemes other than v1 are to be ignored."""
    secret, body, now = Secret("whsec_test"), b'{"id": "evt_1"}', 1492774577
    right = STRIPE.sign(StripeConfig(), secret, Message("", now, body, URL)).headers["Stripe-Signature"]
    value = right.partition("v1=")[2]
    several = delivered({"Stripe-Signature": f"t={now},v1={'0' * 64},v1={value},v0={'1' * 64}"}, body, now)
    assert STRIPE.verify(StripeConfig(), [secret], several).timestamp == now
    downgraded = delivered({"Stripe-Signature": f"t={now},v0={value}"}, body, now)
    with pytest.raises(Refused, match="does not fit"):
        STRIPE.verify(StripeConfig(), [secret], downgraded)
    twice = delivered({"Stripe-Signature": f"t={now},t={now + 1},v1={value}"}, body, now)
    with pytest.raises(Refused, match="one t="):
        STRIPE.verify(StripeConfig(), [secret], twice)


def test_shopify_is_what_its_documentation_computes() -> None:
    """shopify.dev, "Verify webhooks": base64 of the HMAC-SHA256 of the raw body with the client secret."""
    body = b'{"id":820982911946154508,"email":"jon@example.com"}'
    headers = SHOPIFY.sign(NoConfig(), Secret("hush"), Message("b54557e4", 0, body, URL)).headers
    # printf '%s' "$BODY" | openssl dgst -sha256 -hmac hush -binary | base64
    assert headers["X-Shopify-Hmac-Sha256"] == "D0UMXmhjwBRi4y66TmhJrDlhQABD7zI2fm3p6/QLMo8="
    assert headers["X-Shopify-Webhook-Id"] == "b54557e4"


def test_slacks_challenge_is_answered_with_itself() -> None:
    body = b'{"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3g", "type": "url_verification"}'
    answer = SLACK.handshake(SlackConfig(), delivered({}, body, 0))
    assert answer is not None
    assert (answer.status, answer.body) == (200, b"3eZbrw1aBm2rZgRNFdxV2595E9CY3g")
    assert SLACK.handshake(SlackConfig(), delivered({}, b'{"type": "event_callback"}', 0)) is None


@pytest.mark.parametrize(
    ("algorithm", "secret", "key_id", "label", "components", "signature"),
    [
        (
            "hmac-sha256",
            "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
            "test-shared-secret",
            "sig-b25",
            '"date" "@authority" "content-type"',
            "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=",
        ),
        (
            "ed25519",
            "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
            "-----END PUBLIC KEY-----",
            "test-key-ed25519",
            "sig-b26",
            '"date" "@method" "@path" "@authority" "content-type" "content-length"',
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==",
        ),
    ],
)
def test_http_message_signatures(
    algorithm: Any, secret: str, key_id: str, label: str, components: str, signature: str
) -> None:
    """RFC 9421, appendix B.2.5 and B.2.6, with this plugin's keys; they do not cover the digest of the body."""
    config = MessageSignatureConfig(algorithm=algorithm, keyId=key_id)
    request = Request(
        "POST",
        "https://example.com/foo?param=Value&Pet=dog",
        {
            "Host": "example.com",
            "Date": "Tue, 20 Apr 2021 02:07:55 GMT",
            "Content-Type": "application/json",
            "Content-Length": "18",
            "Signature-Input": f'{label}=({components});created=1618884473;keyid="{key_id}"',
            "Signature": f"{label}=:{signature}:",
        },
    )
    key = base64.b64decode(secret) if algorithm == "hmac-sha256" else key_of(config, Secret(secret), private=False)
    chosen = {"hmac-sha256": algorithms.HMAC_SHA256, "ed25519": algorithms.ED25519}[algorithm]
    verifier = HTTPMessageVerifier(signature_algorithm=chosen, key_resolver=Resolver(config, key))
    assert verifier.verify(request, max_age=None)[0].parameters["keyid"] == key_id


def test_the_reference_library_of_standard_webhooks_verifies_what_is_signed_here_and_the_reverse() -> None:
    now = datetime.datetime.now(datetime.UTC)
    reference = standardwebhooks.Webhook(STANDARD_SECRET)
    body = b'{"type": "contact.created"}'
    message = Message("msg_1", int(now.timestamp()), body, URL)
    signed = STANDARD.sign(StandardConfig(), Secret(STANDARD_SECRET), message)
    assert reference.verify(body, dict(signed.headers)) == {"type": "contact.created"}
    theirs = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": reference.sign("msg_2", now, body.decode()),
    }
    assert STANDARD.verify(StandardConfig(), [Secret(STANDARD_SECRET)], delivered(theirs, body, now.timestamp()))


SIGNING = [
    (HMAC, HmacConfig(header="X-Signature"), Secret("s")),
    (STRIPE, StripeConfig(), Secret("s")),
    (STANDARD, StandardConfig(), Secret(STANDARD_SECRET)),
    (SLACK, SlackConfig(), Secret("s")),
]


@settings(max_examples=60, deadline=None)
@given(body=st.binary(max_size=200), bit=st.integers(0), scheme=st.sampled_from(SIGNING))
def test_what_is_signed_is_verified_and_nothing_else(
    body: bytes, bit: int, scheme: tuple[WebhookScheme, Any, Secret]
) -> None:
    record, config, secret = scheme
    signed = record.sign(config, secret, Message("msg_1", 1000, body, URL))
    sent = delivered(dict(signed.headers), body, 1000)
    assert record.verify(config, [secret], sent).secret == 0
    if body:
        at = bit % (8 * len(body))
        changed = bytearray(body)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises(Refused):
            record.verify(config, [secret], delivered(dict(signed.headers), bytes(changed), 1000))


def test_a_value_that_looks_like_a_place_stays_what_it_is() -> None:
    config = HmacConfig(header="X-S", signedContent="{id}.{body}", idHeader="X-Id")
    signed = HMAC.sign(config, Secret("s"), Message("{body}", 0, b"{id}", URL))
    assert HMAC.verify(config, [Secret("s")], delivered(dict(signed.headers), b"{id}", 0)).id == "{body}"


def test_the_border_between_id_and_time_cannot_be_moved() -> None:
    with pytest.raises(ValueError, match="without a dot"):
        STANDARD.sign(StandardConfig(), Secret(STANDARD_SECRET), Message("msg.1", 0, b"", URL))
