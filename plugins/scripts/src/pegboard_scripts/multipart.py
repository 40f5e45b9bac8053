"""One file out of a ``multipart/form-data`` body (RFC 7578), handed on as it comes."""

from collections.abc import AsyncIterator, Iterator

import attrs
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from pegboard import Problem

FIELD = "file"
WAY = f'send multipart/form-data with one part, named "{FIELD}", that has a filename'


@attrs.frozen
class PartHead:
    """What the part said of itself."""

    filename: str
    content_type: str


@attrs.define
class FilePart:
    """Reads a body piece by piece; the library bounds the headers.

    `head` is there from the first bytes of the file on, `ended` when all was read.
    """

    boundary: bytes
    head: PartHead | None = None
    ended: bool = False
    _data: list[bytes] = attrs.field(factory=list, init=False)
    _headers: list[tuple[bytearray, bytearray]] = attrs.field(factory=list, init=False)
    _parser: MultipartParser = attrs.field(init=False)

    @_parser.default
    def _make(self) -> MultipartParser:
        return MultipartParser(
            self.boundary,
            {
                "on_part_begin": self._begin,
                "on_header_begin": self._header,
                "on_header_field": lambda data, start, end: self._more(0, data[start:end]),
                "on_header_value": lambda data, start, end: self._more(1, data[start:end]),
                "on_headers_finished": self._headed,
                "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
                "on_end": self._end,
            },
        )

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The bytes of the file that are in this piece. Raises Problem 400 ``invalid-upload``."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise _invalid(f"the body is not multipart/form-data: {error}") from None
        yield from self._data
        self._data.clear()

    def _begin(self) -> None:
        if self.head is not None:
            raise _invalid("there is more than one part")
        self._headers.clear()

    def _header(self) -> None:
        self._headers.append((bytearray(), bytearray()))

    def _more(self, which: int, data: bytes) -> None:
        self._headers[-1][which].extend(data)

    def _headed(self) -> None:
        headers = {bytes(name).lower(): bytes(value) for name, value in self._headers}
        _, options = parse_options_header(headers.get(b"content-disposition", b""))
        if options.get(b"name") != FIELD.encode() or b"filename" not in options:
            raise _invalid(f"the part is not the file: {WAY}")
        kind = headers.get(b"content-type", b"application/octet-stream").decode("latin-1")
        self.head = PartHead(options[b"filename"].decode("utf-8", "replace"), kind[:200])

    def _end(self) -> None:
        self.ended = True


def _invalid(reason: str) -> Problem:
    return Problem(400, "invalid-upload", reason)


def file_part(request: Request) -> FilePart:
    """Raises Problem 415 ``unsupported-media-type`` for a body of another kind."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 70:  # RFC 2046, section 5.1.1
        raise Problem(415, "unsupported-media-type", WAY)
    return FilePart(boundary)


async def file_bytes(request: Request, part: FilePart) -> AsyncIterator[bytes]:
    """The bytes of the file, as they come. Raises Problem 400 where the body ends too early or has no file in it."""
    async for piece in request.stream():
        for data in part.feed(piece):
            yield data
    if part.head is None or not part.ended:
        raise _invalid(f"the body ended before the file did: {WAY}" if part.head else f"there is no file: {WAY}")
