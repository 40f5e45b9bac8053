"""Bodies of answers, decoded once."""

import csv
import io
import zlib
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from .endpoints import Decoder

GZIP = b"\x1f\x8b"
HTML = ("text/html", "application/xhtml+xml")
DEEPEST = 100


class Undecodable(ValueError):
    """A body that is not what it should be; `rule` is ``decode`` or ``content_type``."""

    def __init__(self, detail: str, rule: str = "decode") -> None:
        super().__init__(detail)
        self.rule = rule


Decode = Callable[[bytes, str], Any]


def compile_decoder(decoder: Decoder, most: int) -> Decode:
    """The function from a body and its content type to the value. It raises Undecodable."""
    read = {"json": _json, "jsonl": _lines, "csv": _csv(decoder), "xml": _xml}[decoder.type]

    def decode(body: bytes, content_type: str) -> Any:
        kind = content_type.partition(";")[0].strip().lower()
        if kind in HTML:
            raise Undecodable(f"it is a web page ({kind}) and no {decoder.type}", "content_type")
        if decoder.gzip == "always" or (decoder.gzip == "auto" and body.startswith(GZIP)):
            body = _unzipped(body, most)
        return read(body)

    return decode


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        told = "it is empty" if not body.strip() else f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise Undecodable(f"it is no JSON: {told}") from None


def _lines(body: bytes) -> list[Any]:
    made = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if line.strip():
            try:
                made.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                raise Undecodable(f"line {number} is no JSON: {error.msg}, column {error.colno}") from None
    return made


def _csv(decoder: Decoder) -> Callable[[bytes], list[dict[str, str]]]:
    def read(body: bytes) -> list[dict[str, str]]:
        try:
            text = body.decode(decoder.encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise Undecodable(f"it is no text in {decoder.encoding}: {error}") from None
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=decoder.delimiter, strict=True)
        try:
            listed = [(rows.line_num, row) for row in rows if row]
        except csv.Error as error:
            raise Undecodable(f"line {rows.line_num} is no CSV: {error}") from None
        return _rows(listed, decoder.header)

    return read


def _rows(listed: list[tuple[int, list[str]]], header: bool) -> list[dict[str, str]]:
    if not header:
        return [{f"c{index}": value for index, value in enumerate(row)} for _, row in listed]
    names = listed[0][1] if listed else []
    for line, row in listed[1:]:
        if len(row) > len(names):
            raise Undecodable(f"line {line} has {len(row)} values, and the header {len(names)} names")
    return [dict(zip(names, row, strict=False)) for _, row in listed[1:]]


def _xml(body: bytes) -> Any:
    """Elements as objects: attributes as ``@name``, text beside them as ``#text``, what comes again as a list."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise Undecodable(f"it is no XML: {error}") from None
    except DefusedXmlException:
        raise Undecodable("its XML has a document type or entities, which are not read") from None
    return {_tag(root): _element(root, 0)}


def _element(element: Element, depth: int) -> Any:
    if depth > DEEPEST:
        raise Undecodable(f"its XML is nested more than {DEEPEST} deep")
    made: dict[str, Any] = {f"@{name}": value for name, value in element.attrib.items()}
    for child in element:
        name, value = _tag(child), _element(child, depth + 1)
        if name not in made:
            made[name] = value
        elif isinstance(made[name], list):
            made[name].append(value)
        else:
            made[name] = [made[name], value]
    text = (element.text or "").strip()
    if not made:
        return text or None
    return {**made, "#text": text} if text else made


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _unzipped(body: bytes, most: int) -> bytes:
    made = io.BytesIO()
    left = body
    try:
        while left:  # a file may have several members (RFC 1952, section 2.2)
            unzip = zlib.decompressobj(wbits=31)
            made.write(unzip.decompress(left, max(1, most - made.tell())))
            if unzip.unconsumed_tail:
                raise Undecodable(f"it is more than {most} bytes, unzipped")
            if not unzip.eof:
                raise Undecodable("its gzip ends too early")
            left = unzip.unused_data
    except zlib.error as error:
        raise Undecodable(f"it is no gzip: {error}") from None
    return made.getvalue()
