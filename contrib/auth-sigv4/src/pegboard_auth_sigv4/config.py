"""What is configured."""

import re
from typing import Literal

import attrs

from pegboard import Secret, setting

KEY_ID = re.compile(r"[A-Za-z0-9]{8,128}")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
VISIBLE = re.compile(r"[!-~]+")


def _key_id(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not KEY_ID.fullmatch(value):
        raise ValueError("must be 8 to 128 letters and digits, such as AKIAIOSFODNN7EXAMPLE")


def _name(instance: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not NAME.fullmatch(value):
        raise ValueError("must be lower-case letters, digits and -, such as us-east-1 or execute-api")


def _visible(instance: object, attribute: "attrs.Attribute[Secret]", value: Secret | None) -> None:
    if value is not None and not VISIBLE.fullmatch(value.reveal()):
        raise ValueError("must be one line of ASCII without spaces")


@attrs.frozen
class SigV4Config:
    """``aws_sigv4``"""

    accessKeyId: str = setting(help="the id of the access key", validator=_key_id)
    secretAccessKey: Secret = setting(help="its secret", validator=_visible)
    sessionToken: Secret | None = setting(None, help="the token of temporary credentials", validator=_visible)
    region: str = setting(help="the region, such as us-east-1", validator=_name)
    service: str = setting(help="the service's name in signatures: execute-api, s3, es, ...", validator=_name)
    payload: Literal["signed", "unsigned"] = setting(
        "signed", help="whether the body is signed; unsigned wants https and a service that allows it, such as s3"
    )
    path: Literal["auto", "normalized", "raw"] = setting(
        "auto", help="how the path is signed: raw for s3, normalized for all others, or as it says"
    )
