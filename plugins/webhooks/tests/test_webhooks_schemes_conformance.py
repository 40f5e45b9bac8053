"""Each scheme keeps what every scheme keeps."""

import base64
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import pegboard_egress
import pegboard_jobs
import pegboard_store
import pegboard_vault
import pegboard_webhooks
from pegboard.testing.suites import PanelSuite, PluginSuite
from pegboard_webhooks import Delivery
from pegboard_webhooks.schemes.hmacs import HMAC
from pegboard_webhooks.schemes.message_signatures import MESSAGE_SIGNATURE
from pegboard_webhooks.schemes.plain import BASIC, NONE
from pegboard_webhooks.schemes.senders import GITHUB, SHOPIFY, SLACK
from pegboard_webhooks.schemes.standard import STANDARD
from pegboard_webhooks.schemes.stripe import STRIPE
from pegboard_webhooks.schemes.twilio import TWILIO
from pegboard_webhooks.testing import WebhookSchemeSuite

SHARED = "whsec_" + base64.b64encode(bytes(range(24))).decode()
OTHER_SHARED = "whsec_" + base64.b64encode(bytes(range(1, 25))).decode()


def pem(key: Any) -> str:
    text: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text.decode()


def public_pem(key: Any) -> str:
    text: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


class TestWebhooks(PluginSuite):
    plugin = pegboard_webhooks
    name = "webhooks"
    anonymous = frozenset({"webhooks.receive"})
    plugins: ClassVar = {
        "egress": pegboard_egress,
        "jobs": pegboard_jobs,
        "store": pegboard_store,
        "vault": pegboard_vault,
    }


class TestWebhooksPanels(PanelSuite):
    plugin = pegboard_webhooks
    name = "webhooks"
    plugins: ClassVar = TestWebhooks.plugins


class TestHmac(WebhookSchemeSuite):
    record = HMAC
    config: ClassVar[Mapping[str, Any]] = {"header": "X-Signature", "signaturePrefix": "sha256="}
    others = ({"algorithm": "hmac-sha1"}, {"algorithm": "hmac-sha512"}, {"encoding": "base64"})
    bad_configs = (
        {},
        {"header": ""},
        {"header": "X Signature"},
        {"header": "X-S", "algorithm": "none"},
        {"header": "X-S", "algorithm": "md5"},
        {"header": "X-S", "signedContent": "v0"},
        {"header": "X-S", "signedContent": "{body}{secret}"},
        {"header": "X-S", "signedContent": "{timestamp}.{body}"},
        {"header": "X-S", "signedContent": "{id}.{body}"},
        {"header": "X-S", "toleranceSeconds": 0},
    )


class TestHmacOfEverything(WebhookSchemeSuite):
    record = HMAC
    config: ClassVar[Mapping[str, Any]] = {
        "header": "X-Signature",
        "algorithm": "hmac-sha512",
        "encoding": "base64",
        "signedContent": "{url}\n{id}.{timestamp}.{body}",
        "idHeader": "X-Id",
        "timestampHeader": "X-Time",
    }
    others = ({"algorithm": "hmac-sha256"}, {"signedContent": "{body}"})
    timed = covers_id = True


class TestStandard(WebhookSchemeSuite):
    record = STANDARD
    secret, wrong_secret = SHARED, OTHER_SHARED
    others = ({"headerPrefix": "svix"},)
    bad_configs = ({"toleranceSeconds": 0}, {"headerPrefix": "x"})
    timed = covers_id = True


class TestStandardAsymmetric(WebhookSchemeSuite):
    record = STANDARD
    _key, _other = (ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
    secret = "whsk_" + base64.b64encode(_key.private_bytes_raw()).decode()
    verifying = "whpk_" + base64.b64encode(_key.public_key().public_bytes_raw()).decode()
    wrong_secret = "whsk_" + base64.b64encode(_other.private_bytes_raw()).decode()
    timed = covers_id = True


class TestStripe(WebhookSchemeSuite):
    record = STRIPE
    bad_configs = ({"toleranceSeconds": -1},)
    timed = True


class TestGitHub(WebhookSchemeSuite):
    record = GITHUB


class TestSlack(WebhookSchemeSuite):
    record = SLACK
    bad_configs = ({"toleranceSeconds": 0},)
    timed = True


class TestShopify(WebhookSchemeSuite):
    record = SHOPIFY


class TestTwilioForm(WebhookSchemeSuite):
    record = TWILIO
    content_type = "application/x-www-form-urlencoded"
    body = urlencode({"Empty": "", "To": "+18005551212", "From": "+14158675309", "Body": "Äh & so"}).encode()


class TestTwilioJson(WebhookSchemeSuite):
    record = TWILIO


class TestBasic(WebhookSchemeSuite):
    record = BASIC
    config: ClassVar[Mapping[str, Any]] = {"username": "sender"}
    bad_configs = ({}, {"username": ""}, {"username": "a:b"})
    others = ({"username": "another"},)
    covers_body = False


class TestNone(WebhookSchemeSuite):
    record = NONE
    config: ClassVar[Mapping[str, Any]] = {"allowUnsigned": True}
    bad_configs = ({}, {"allowUnsigned": False}, {"allowUnsigned": "true"})
    proves = covers_body = False


class TestMessageSignatureHmac(WebhookSchemeSuite):
    record = MESSAGE_SIGNATURE
    config: ClassVar[Mapping[str, Any]] = {"keyId": "one", "tag": "pegboard"}
    bad_configs = ({"algorithm": "none"}, {"components": []}, {"toleranceSeconds": 0})
    others = ({"keyId": "two"}, {"tag": "other"}, {"components": ["@method"]})
    timed = covers_id = True

    def _same(self, sent: Delivery, changed: Delivery, name: str) -> bool:
        # RFC 8941, section 4.2.7: bits after the last byte are no reason to refuse a byte sequence
        before, after = (base64.b64decode(one.header(name).split(":")[1]) for one in (sent, changed))
        return name == "signature" and before == after


class TestMessageSignatureEd25519(TestMessageSignatureHmac):
    _key, _other = (ed25519.Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
    config: ClassVar[Mapping[str, Any]] = {"algorithm": "ed25519"}
    secret, verifying, wrong_secret = pem(_key), public_pem(_key), pem(_other)
    others = ()


class TestMessageSignatureEcdsa(TestMessageSignatureEd25519):
    _key, _other = (ec.derive_private_key(number, ec.SECP256R1()) for number in (11, 12))
    config: ClassVar[Mapping[str, Any]] = {"algorithm": "ecdsa-p256-sha256"}
    secret, verifying, wrong_secret = pem(_key), public_pem(_key), pem(_other)


class TestMessageSignatureRsa(TestMessageSignatureEd25519):
    _key, _other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    config: ClassVar[Mapping[str, Any]] = {"algorithm": "rsa-pss-sha512"}
    secret, verifying, wrong_secret = pem(_key), public_pem(_key), pem(_other)
