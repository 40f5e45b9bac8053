"""Senders whose schemes are HMACs in a header: GitHub, Shopify, Slack."""

import attrs
import orjson

from pegboard import NoConfig, setting

from .comparing import TOLERANCE
from .contract import Answer, Delivery
from .hmacs import HmacConfig, preset

GITHUB_HEADERS = HmacConfig(header="X-Hub-Signature-256", signaturePrefix="sha256=", idHeader="X-GitHub-Delivery")
SHOPIFY_HEADERS = HmacConfig(header="X-Shopify-Hmac-Sha256", encoding="base64", idHeader="X-Shopify-Webhook-Id")


@attrs.frozen
class SlackConfig:
    """``slack``"""

    toleranceSeconds: int = setting(
        TOLERANCE, help="how far the time of an event may be from ours", validator=attrs.validators.ge(1)
    )

    def headers(self) -> HmacConfig:
        return HmacConfig(
            header="X-Slack-Signature",
            signaturePrefix="v0=",
            signedContent="v0:{timestamp}:{body}",
            timestampHeader="X-Slack-Request-Timestamp",
            toleranceSeconds=self.toleranceSeconds,
        )


def challenge(config: SlackConfig, delivery: Delivery) -> Answer | None:
    """The answer to Slack's ``url_verification``: the challenge itself."""
    try:
        event = orjson.loads(delivery.body)
    except orjson.JSONDecodeError:
        return None  # slash commands are forms
    if not isinstance(event, dict) or event.get("type") != "url_verification":
        return None
    return Answer(str(event.get("challenge", "")).encode(), "text/plain; charset=utf-8")


GITHUB = preset("github", "GitHub's X-Hub-Signature-256", NoConfig, lambda _: GITHUB_HEADERS)
SHOPIFY = preset("shopify", "Shopify's X-Shopify-Hmac-Sha256", NoConfig, lambda _: SHOPIFY_HEADERS)
SLACK = preset(
    "slack", "Slack's X-Slack-Signature, and its challenge", SlackConfig, SlackConfig.headers, handshake=challenge
)
