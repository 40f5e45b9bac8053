"""What a walk gives: pages, with all that is needed to say what happened to each of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

import attrs

from pegboard import Problem, Stop

MIB = 1024 * 1024


@attrs.frozen
class Caps:
    """Where a walk ends at the latest. None is no bound.

    `max_seconds` covers the waits of retries and rate limits too. A page is taken whole, so that the state behind it
    loses nothing; with `cut` what is beyond `max_records` is dropped from the last page (for previews).
    `page_bytes` is the most that one body may have, after decompression.
    """

    max_pages: int | None = None
    max_records: int | None = None
    max_bytes: int | None = None
    max_seconds: float | None = None
    page_bytes: int = 32 * MIB
    cut: bool = False


@attrs.frozen
class SentRequest:
    """The request as it went out, secrets masked; `auth` is the kind that was applied, "" for none."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str = ""
    auth: str = ""


@attrs.frozen
class Received:
    """The answer, secrets masked. `excerpt` is the beginning of the body, 2 KiB; `seconds` of the last try."""

    status: int
    url: str
    headers: Mapping[str, str]
    content_type: str
    size: int
    seconds: float
    excerpt: str = ""


@attrs.frozen
class Try:
    """A try that was not the last: its status or error, and the seconds waited after it and why."""

    outcome: str
    wait: float
    reason: str


class Mapped(NamedTuple):
    """A record that was mapped. `external_id` is None where the mapping names no identifier."""

    external_id: str | None
    data: dict[str, Any]


@attrs.frozen(eq=False)
class MappedRecords(Sequence[Mapped]):
    """The mapped records of a page, by column: an object for each would cost a tenth of all that mapping does."""

    external_ids: Sequence[str | None] = ()
    data: Sequence[dict[str, Any]] = ()

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Mapped]:
        return map(Mapped, self.external_ids, self.data)

    @overload
    def __getitem__(self, index: int) -> Mapped: ...
    @overload
    def __getitem__(self, index: slice) -> "MappedRecords": ...
    def __getitem__(self, index: int | slice) -> "Mapped | MappedRecords":
        make: Any = MappedRecords if isinstance(index, slice) else Mapped
        made: Mapped | MappedRecords = make(self.external_ids[index], self.data[index])
        return made


@attrs.frozen
class RecordError:
    """Why one field of a record cannot be made; `field` is the target, or "identifierField"."""

    field: str
    detail: str


@attrs.frozen
class Failed:
    """A record that does not map: its place in the page, itself, each reason, and the fields that could be made."""

    index: int
    source: Any
    errors: tuple[RecordError, ...]
    data: Mapping[str, Any] = attrs.field(factory=dict)


@attrs.frozen
class Page:
    """One page that came, mapped.

    `state` is JSON: store it in the transaction that stores the records, and a walk that is given it goes on behind
    this page. `stop` says why the walk ends here, and `finished` whether that is the end of the data rather than one
    of the caps; the state of a finished walk is None, or what the next incremental run starts from.
    `context` names the parent record of a child walk, and `bound` has what parents bind. `waited` are seconds of rate
    limits before the request. `count` are the records that came.
    """

    number: int
    request: SentRequest
    response: Received
    records: Sequence[Any] = attrs.field(repr=False)
    mapped: MappedRecords = attrs.field(repr=False)
    failed: Sequence[Failed] = attrs.field(repr=False)
    dropped: Mapping[str, int] = attrs.field(factory=dict)
    tries: tuple[Try, ...] = ()
    waited: float = 0.0
    metadata: Mapping[str, Any] = attrs.field(factory=dict)
    state: Mapping[str, Any] | None = None
    stop: Stop | None = None
    finished: bool = False
    context: Mapping[str, Any] = attrs.field(factory=dict)
    body: Any = attrs.field(default=None, repr=False)
    bound: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    count: int = attrs.field(default=attrs.Factory(lambda page: len(page.records), takes_self=True))

    def mapped_only(self) -> "Page":
        """The same without the body and the records that came, for whoever holds it until what was made is stored."""
        return attrs.evolve(self, records=(), body=None)


class WalkFailed(Problem):
    """A call or a page that is not what it should be: 502, cause first, with the evidence.

    `rule` is what was broken: ``status``, ``content_type``, ``decode``, ``error_path``, ``data_path``, ``graphql``,
    ``paging``, ``request``, ``egress``, ``rate_limit``, ``record``. `request` and `response` are None where it did not
    come so far.
    """

    def __init__(
        self,
        detail: str,
        *,
        rule: str,
        request: SentRequest | None = None,
        response: Received | None = None,
        tries: Sequence[Try] = (),
        status: int = 502,
    ) -> None:
        evidence = {"request": _plain(request), "response": _plain(response), "tries": [_plain(one) for one in tries]}
        super().__init__(status, "integration-call-failed", detail, extra={"rule": rule, **evidence})
        self.rule = rule
        self.request = request
        self.response = response
        self.tries = tuple(tries)


def _plain(part: Any) -> dict[str, Any] | None:
    return None if part is None else attrs.asdict(part)
