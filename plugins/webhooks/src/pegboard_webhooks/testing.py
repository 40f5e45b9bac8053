"""What every scheme keeps: inherit `WebhookSchemeSuite` in a test module of a scheme of your own."""

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs
import orjson
import pytest

from pegboard import Secret
from pegboard.testing.suites import RecordSuite

from .schemes.contract import Delivery, Message, Refused, Verified, WebhookScheme

NOW = 1_700_000_000
URL = "https://example.com/hooks/1?a=b"
BODY = b'{"type": "contact.created",\n "data": {"id": 7, "name": "\xc3\x84nne"}}'


def flipped(data: bytes) -> list[bytes]:
    """The same with one bit changed, at both ends and in the middle."""
    places = {0, len(data) // 2, len(data) - 1}
    return [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in sorted(places)]


class WebhookSchemeSuite(RecordSuite):
    """Give `record`, `config`, `secret`, and `others`: configs that sign in another way with the same secret.

    `verifying` is what verifies where a scheme's keys are of two kinds. `covers_body`, `timed`, `proves` and
    `covers_id` say what the scheme does not do. `content_type` is that of the body.
    """

    record: WebhookScheme
    secret: ClassVar[str] = "correct horse battery staple"
    wrong_secret: ClassVar[str] = "another horse battery staple"
    verifying: ClassVar[str] = ""
    others: ClassVar[Sequence[dict[str, Any]]] = ()
    proves: ClassVar[bool] = True
    covers_body: ClassVar[bool] = True
    covers_id: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    content_type: ClassVar[str] = "application/json"
    body: ClassVar[bytes] = BODY

    def message(self, body: bytes | None = None, timestamp: int = NOW) -> Message:
        return Message("evt_1", timestamp, self.body if body is None else body, URL, self.content_type)

    def delivery(self, secret: str = "", body: bytes | None = None, timestamp: int = NOW, **config: Any) -> Delivery:
        """What the scheme itself sends."""
        message = self.message(body, timestamp)
        configured = self.configured({**self.config, **config})
        signed = self.record.sign(configured, Secret(secret or self.secret), message)
        headers = [("Host", "example.com"), ("Content-Type", self.content_type), *signed.headers.items()]
        return Delivery("POST", signed.url, headers, message.body, NOW)

    def verify(self, delivery: Delivery, *secrets: str) -> Verified:
        tried = [Secret(text) for text in secrets or (self.verifying or self.secret,)]
        return self.record.verify(self.configured(), tried, delivery)

    def refused(self, delivery: Delivery, *secrets: str) -> Refused:
        with pytest.raises(Refused) as refused:
            self.verify(delivery, *secrets)
        for text in (self.secret, self.wrong_secret, self.verifying):
            assert not text or text not in f"{refused.value} {refused.value!r}", "the refusal shows the secret"
        assert refused.value.code
        assert refused.value.detail
        return refused.value

    def signature_headers(self) -> list[str]:
        """The headers that the signature cannot do without."""
        sent = self.delivery()
        return [name for name, _ in sent.headers if not self._passes(_without(sent, name))]

    def _passes(self, delivery: Delivery) -> bool:
        try:
            self.verify(delivery)
        except Refused:
            return False
        return True

    def _only_if_it_proves(self) -> None:
        if not self.proves:
            pytest.skip(f'scheme "{self.record.name}" declares that it proves nothing')

    def _only_if_it_covers_the_body(self) -> None:
        self._only_if_it_proves()
        if not self.covers_body:
            pytest.skip(f'scheme "{self.record.name}" declares that it does not cover the body')

    def _only_if_timed(self) -> None:
        if not self.timed:
            pytest.skip(f'scheme "{self.record.name}" declares that it has no time stamp')

    def test_what_it_signs_is_verified(self) -> None:
        verified = self.verify(self.delivery())
        assert verified.secret == 0
        assert (verified.timestamp == NOW) is self.timed
        assert verified.signed_id is self.covers_id
        assert verified.id in ("", "evt_1")

    @pytest.mark.parametrize("body", [b"", b"\0\xff\xfe", b"x" * 100_000], ids=["empty", "binary", "large"])
    def test_any_body_is_signed_and_verified(self, body: bytes) -> None:
        if "json" not in self.content_type:
            pytest.skip(f'scheme "{self.record.name}" signs forms here')
        self.verify(self.delivery(body=body))

    def test_a_wrong_secret_is_refused(self) -> None:
        self._only_if_it_proves()
        self.refused(self.delivery(self.wrong_secret))

    def test_no_secret_is_refused(self) -> None:
        self._only_if_it_proves()
        with pytest.raises(Refused):
            self.record.verify(self.configured(), [], self.delivery())

    def test_an_empty_secret_proves_nothing(self) -> None:
        self._only_if_it_proves()
        with pytest.raises(Refused):
            self.record.verify(self.configured(), [Secret("")], self.delivery())
        with pytest.raises(ValueError, match=r"."):
            self.record.check(self.configured(), Secret(""))

    def test_the_second_of_two_secrets_is_enough(self) -> None:
        self._only_if_it_proves()
        right = self.verifying or self.secret
        assert self.verify(self.delivery(), self.wrong_secret, right).secret == 1
        assert self.verify(self.delivery(), right, self.wrong_secret).secret == 0

    def test_a_missing_header_is_refused(self) -> None:
        self._only_if_it_proves()
        needed = self.signature_headers()
        assert needed, "nothing of what is sent is needed"
        for name in needed:
            self.refused(_without(self.delivery(), name))

    def test_a_header_that_is_there_twice_is_refused(self) -> None:
        self._only_if_it_proves()
        sent = self.delivery()
        for name in self.signature_headers():
            double = [(given, value) for given, value in sent.headers if given == name]
            self.refused(attrs.evolve(sent, headers=(*sent.headers, *double)))

    def test_a_signature_of_a_wrong_length_is_refused(self) -> None:
        self._only_if_it_proves()
        sent = self.delivery()
        for name in self.signature_headers():
            for change in (lambda text: "", lambda text: text[:-1], lambda text: text + "0", lambda text: text[:4]):
                headers = [(given, change(value) if given == name else value) for given, value in sent.headers]
                self.refused(attrs.evolve(sent, headers=headers))

    def test_a_changed_signature_is_refused(self) -> None:
        self._only_if_it_proves()
        sent = self.delivery()
        for name in self.signature_headers():
            value = sent.header(name)
            for at in range(len(value)):
                other = "A" if value[at] != "A" else "B"
                headers = [
                    (given, value[:at] + other + value[at + 1 :] if given == name else old)
                    for given, old in sent.headers
                ]
                changed = attrs.evolve(sent, headers=headers)
                if self._passes(changed):
                    assert self._same(sent, changed, name), f"{name} may be {changed.header(name)!r} as well"

    def _same(self, sent: Delivery, changed: Delivery, name: str) -> bool:
        """Whether two headers say the same; letters of either case do in hexadecimal. Override for more."""
        return sent.header(name).lower() == changed.header(name).lower()

    def test_another_algorithm_is_refused(self) -> None:
        for other in self.others:
            self.refused(self.delivery(**other))

    def test_a_changed_body_is_refused(self) -> None:
        self._only_if_it_covers_the_body()
        sent = self.delivery()
        for body in (*flipped(sent.body), sent.body + b" ", sent.body[:-1], b""):
            self.refused(attrs.evolve(sent, body=body))

    def test_json_that_was_serialised_again_is_refused(self) -> None:
        self._only_if_it_covers_the_body()
        sent = self.delivery(body=BODY)
        again = orjson.dumps(orjson.loads(BODY))
        assert again != BODY
        self.refused(attrs.evolve(sent, body=again))

    @pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
    def test_a_time_stamp_outside_the_tolerance_is_refused(self, seconds: int) -> None:
        self._only_if_timed()
        assert self.refused(self.delivery(timestamp=NOW + seconds)).code == "stale"

    @pytest.mark.parametrize("seconds", [-300, 0, 300])
    def test_a_time_stamp_within_the_tolerance_is_taken(self, seconds: int) -> None:
        self._only_if_timed()
        assert self.verify(self.delivery(timestamp=NOW + seconds)).timestamp == NOW + seconds


def _without(delivery: Delivery, name: str) -> Delivery:
    return attrs.evolve(delivery, headers=[pair for pair in delivery.headers if pair[0] != name.lower()])
