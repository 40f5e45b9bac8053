"""The plugin, and each of its transforms, keep what all keep; the examples are what each is for."""

from decimal import Decimal
from typing import ClassVar

import pegboard_transforms
from pegboard import MISSING
from pegboard.testing.suites import Example, Failing, PluginSuite, TransformSuite
from pegboard_transforms import BOOLEAN, CONCAT, DATE, DIRECT, MAP, NUMBER, SPLIT, TEMPLATE

ADA = {"first": "Ada", "last": "Lovelace", "none": None, "empty": "", "tags": ["a", None, "b"], "n": 7, "o": {"x": 1}}


class TestTransforms(PluginSuite):
    plugin = pegboard_transforms
    name = "transforms"


class TestDirect(TransformSuite):
    record = DIRECT
    bad_configs = ({"to": "text"},)
    examples = (
        Example("a", "a"),
        Example(None, None),
        Example(MISSING, MISSING),
        Example({"a": [1]}, {"a": [1]}),
        Example("478", "478"),
    )


NAMES = {"fields": ["$.first", "$.last"], "separator": " "}


class TestConcat(TransformSuite):
    record = CONCAT
    config: ClassVar = {"fields": ["$.first"]}
    bad_configs = ({"fields": ["first"]}, {"fields": ["$.a["]}, {"fields": "$.a"}, {"seperator": " "})
    examples = (
        Example("", "Ada Lovelace", NAMES, ADA),
        Example("", "Ada", {**NAMES, "fields": ["$.first", "$.none", "$.empty", "$.no"]}, ADA),
        Example("", "Ada-", {"fields": ["$.first", "$.none"], "separator": "-", "skipEmpty": False}, ADA),
        Example("", "Ada, 7, a, b", {"fields": ["$.first", "$.n", "$.tags"], "separator": ", "}, ADA),
        Example("", "a;b", {"fields": ["$.tags[*]"], "separator": ";"}, ADA),
        Example("", MISSING, NAMES, {}),
        Example("", None, NAMES, {"first": None}),
        Example("", "", NAMES, {"first": None, "last": ""}),
        Example(["a", "b"], "a,b", {"fields": [], "separator": ","}),
        Example([], "", {"fields": [], "separator": ","}),
        Example(MISSING, MISSING, {"fields": []}),
    )
    failures = (Failing("", {"fields": ["$.o"]}, ADA), Failing([{"x": 1}], {"fields": []}))


class TestSplit(TransformSuite):
    record = SPLIT
    bad_configs = ({"separator": ""}, {"limit": 0}, {"limit": 2, "index": 2}, {"limit": 1, "index": -2}, {"index": "0"})
    examples = (
        Example("a, b,,c", ["a", "b", "", "c"]),
        Example("a, b,,c", ["a", " b", "", "c"], {"trim": False}),
        Example("a, b,,c", ["a", "b", "c"], {"skipEmpty": True}),
        Example("a,b,c", ["a", "b,c"], {"limit": 2}),
        Example("a,b,c", ["a,b,c"], {"limit": 1}),
        Example("Ada Lovelace", "Lovelace", {"separator": " ", "index": -1}),
        Example("Ada", MISSING, {"separator": " ", "index": 1}),
        Example("", []),
        Example("", MISSING, {"index": 0}),
        Example(None, None),
        Example(MISSING, MISSING),
    )
    failures = (Failing(7), Failing(["a"]), Failing({"a": 1}), Failing(True))


STATUS = {"mapping": {"ACTIVE": "active", "1": "one", "true": "yes", "1.5": "x", "Straße": 2}}


class TestMap(TransformSuite):
    record = MAP
    config: ClassVar = {"mapping": {"a": "b"}}
    bad_configs = (
        {"mapping": {}},
        {"mapping": ["a"]},
        {"mappings": {}},
        {"mapping": {"A": 1, "a": 2}, "ignoreCase": True},
    )
    examples = (
        Example("ACTIVE", "active", STATUS),
        Example(1, "one", STATUS),
        Example(True, "yes", STATUS),
        Example(1.5, "x", STATUS),
        Example(None, None, STATUS),
        Example(MISSING, MISSING, STATUS),
        Example("active", "active", {**STATUS, "ignoreCase": True}),
        Example("STRASSE", 2, {**STATUS, "ignoreCase": True}),
        Example("DRAFT", "unknown", {**STATUS, "default": "unknown"}),
        Example(None, "unknown", {**STATUS, "default": "unknown"}),
        Example(MISSING, MISSING, {**STATUS, "default": "unknown"}),
        Example("DRAFT", None, {**STATUS, "default": None}),
        Example(None, "nothing", {"mapping": {"null": "nothing"}}),
    )
    failures = (Failing("DRAFT", STATUS), Failing("active", STATUS), Failing(["ACTIVE"], STATUS), Failing({}, STATUS))


class TestBoolean(TransformSuite):
    record = BOOLEAN
    bad_configs = (
        {"trueValues": ["no"]},
        {"trueValues": [1.0], "falseValues": ["1"]},
        {"default": "false"},
        {"truthy": ["ja"]},
    )
    examples = (
        Example(True, True),
        Example(False, False),
        Example("Yes ", True),
        Example("OFF", False),
        Example(1, True),
        Example(0.0, False),
        Example("1", True),
        Example(None, None),
        Example(MISSING, MISSING),
        Example("ja", True, {"trueValues": ["ja"], "falseValues": ["nein"]}),
        Example("maybe", False, {"default": False}),
        Example({}, True, {"default": True}),
    )
    failures = (Failing("maybe"), Failing(""), Failing(2), Failing([True]), Failing("no", {"falseValues": ["nein"]}))


class TestTemplate(TransformSuite):
    record = TEMPLATE
    config: ClassVar = {"template": "{{value}}"}
    bad_configs = (
        {},
        {"template": "plain"},
        {"template": "{{first}}"},
        {"template": "{{$.first"},
        {"template": "{{$.a-b}}"},
        {"template": "{{value}}", "missing": "null"},
    )
    examples = (
        Example("x", "Ada (x)", {"template": "{{$.first}} ({{value}})"}, ADA),
        Example("x", "Ada", {"template": "{{record.first}}"}, ADA),
        Example({"a": [5]}, 5, {"template": "{{value.a[0]}}"}),
        Example("478", "478", {"template": "{{value}}"}),
        Example(478, 478, {"template": "{{ value }}"}),
        Example(478, "478 ", {"template": "{{value}} "}),
        Example("", "<>", {"template": "<{{$.none}}{{$.no}}>"}, ADA),
        Example("", MISSING, {"template": "{{$.no}}"}, ADA),
        Example("", None, {"template": "{{$.none}}"}, ADA),
        Example("", MISSING, {"template": "{{$.first}} {{$.none}}", "missing": "omit"}, ADA),
        Example("", "Ada 7", {"template": "{{$.first}} {{$.n}}", "missing": "omit"}, ADA),
    )
    failures = (Failing("", {"template": "{{$.first}} {{$.no}}", "missing": "fail"}, ADA),)


EUROPE = {"decimalSeparator": ",", "thousandsSeparator": "."}
AMERICA = {"thousandsSeparator": ","}
MONEY = {**AMERICA, "currency": True}


class TestNumber(TransformSuite):
    record = NUMBER
    bad_configs = (
        {"round": -1},
        {"round": 21},
        {"decimalSeparator": ";"},
        {"decimalSeparator": ",", "thousandsSeparator": ","},
        {"type": "double"},
        {"rounding": "up and away"},
    )
    examples = (
        Example("478", 478),
        Example("4.5", 4.5),
        Example("2.0", 2.0),
        Example(" -0.5 ", -0.5),
        Example("+7", 7),
        Example(".5", 0.5),
        Example("\u22125", -5),
        Example("1e3", 1000),
        Example("1E-3", 0.001),
        Example(7, 7),
        Example(7.0, 7.0),
        Example(10**30, 10**30),
        Example(None, None),
        Example(MISSING, MISSING),
        Example("1.234.567,89", 1234567.89, EUROPE),
        Example("12,5", 12.5, EUROPE),
        Example("1,234", 1234, AMERICA),
        Example("12,34,567.5", 1234567.5, AMERICA),
        Example("1 234\u202f567,5", 1234567.5, {"decimalSeparator": ",", "thousandsSeparator": " "}),
        Example("1\u2019234.50", 1234.5, {"thousandsSeparator": "'"}),
        Example("$1,234.50", 1234.5, MONEY),
        Example("-$5", -5, MONEY),
        Example("US$ -5", -5, MONEY),
        Example("$.50", 0.5, MONEY),
        Example("12,50\u00a0€", 12.5, {**EUROPE, "currency": True}),
        Example("12 kr.", 12, MONEY),
        Example("EUR 12", 12, MONEY),
        Example("2.5", 3, {"round": 0}),
        Example("2.5", 2, {"round": 0, "rounding": "half_even"}),
        Example("-2.5", -3, {"round": 0, "rounding": "floor"}),
        Example("2.01", 3, {"round": 0, "rounding": "ceiling"}),
        Example("2.99", 2, {"round": 0, "rounding": "down"}),
        Example(1.005, 1.01, {"round": 2}),
        Example("0.1", Decimal("0.1"), {"type": "decimal"}),
        Example("1.005", Decimal("1.01"), {"type": "decimal", "round": 2}),
        Example("7", 7.0, {"type": "float"}),
        Example(7, 7.0, {"type": "float"}),
        Example("7.0", 7, {"type": "integer"}),
        Example("7.6", 8, {"type": "integer", "round": 0}),
    )
    failures = (
        *map(Failing, ("", "abc", "1,5", "1_000", "٣", "5.", "--5", "1 2", "0x1f", "NaN", "inf", "1e999", "9" * 500)),
        *map(Failing, (True, [], {}, float("nan"), float("inf"))),
        Failing("1,5", AMERICA),
        Failing("1,2345", AMERICA),
        Failing(",123", AMERICA),
        Failing("12,5", {"decimalSeparator": ".", "thousandsSeparator": " "}),
        Failing("$5"),
        Failing("-$-5", MONEY),
        Failing("about 5", MONEY),
        Failing("5 each", MONEY),
        Failing("5x", MONEY),
        Failing("7.5", {"type": "integer"}),
        Failing(10**400, {"type": "float"}),
        Failing("1e999", {"type": "decimal"}),
        Failing("1e-999", {"round": 2}),
    )


class TestDate(TransformSuite):
    record = DATE
    bad_configs = (
        {"inputFormat": ""},
        {"inputFormat": "MM-DD"},
        {"inputFormat": "YYYY-MM-DD hh:mm"},
        {"inputFormat": "YYYY-DD"},
        {"inputFormat": "YYYY-MM-DD mm"},
        {"inputFormat": "YYYY-MM-DD HH:mm:SSS"},
        {"inputFormat": "YYYY YYYY"},
        {"inputFormat": "YYYY-MM-DD o"},
        {"inputFormat": "%Y-%m-%q"},
        {"outputFormat": "-"},
        {"timezone": "Europe/Atlantis"},
        {"timezone": "../../etc/passwd"},
        {"outputTimezone": "America"},
    )
    examples = (
        Example("2024-01-31", "2024-01-31T00:00:00Z", {"inputFormat": "YYYY-MM-DD", "outputFormat": "ISO8601"}),
        Example("2024-01-31T12:00:00+02:00", "2024-01-31T10:00:00Z"),
        Example("2024-01-31T12:00:00.5Z", "2024-01-31T12:00:00.500000Z"),
        Example("20240131T120000", "2024-01-31T12:00:00Z"),
        Example("2024-W05-3", "2024-01-31T00:00:00Z"),
        Example("2024-07-01T12:00:00", "2024-07-01T10:00:00Z", {"timezone": "Europe/Paris"}),
        Example("2024-07-01T12:00:00Z", "2024-07-01T14:00:00+02:00", {"outputTimezone": "Europe/Paris"}),
        Example("2024-01-31", "31.01.2024", {"outputFormat": "DD.MM.YYYY"}),
        Example(1706702400, "2024-01-31T12:00:00Z", {"inputFormat": "epoch"}),
        Example("1706702400.25", "2024-01-31T12:00:00.250000Z", {"inputFormat": "epoch"}),
        Example(-1, "1969-12-31T23:59:59Z", {"inputFormat": "epoch"}),
        Example(1706702400123, "2024-01-31T12:00:00.123000Z", {"inputFormat": "epochMillis"}),
        Example("2024-01-31T12:00:00.999Z", 1706702400, {"outputFormat": "epoch"}),
        Example("2024-01-31T12:00:00.999Z", 1706702400999, {"outputFormat": "epochMillis"}),
        Example("Wed, 31 Jan 2024 12:00:00 GMT", "2024-01-31T12:00:00Z", {"inputFormat": "RFC2822"}),
        Example("2024-01-31T12:00:00Z", "Wed, 31 Jan 2024 12:00:00 +0000", {"outputFormat": "RFC2822"}),
        Example("31/1/24 3:05 pm", "2024-01-31T15:05:00Z", {"inputFormat": "DD/M/YY h:mm a"}),
        Example("12 AM 1999", "1999-01-01T00:00:00Z", {"inputFormat": "hh A YYYY"}),
        Example("1 jan 70", "1970-01-01T00:00:00Z", {"inputFormat": "D MMM YY"}),
        Example("Wednesday, January 31 2024", "2024-01-31T00:00:00Z", {"inputFormat": "dddd, MMMM DD YYYY"}),
        Example("31.01.2024 12:00", "2024-01-31T12:00:00Z", {"inputFormat": "%d.%m.%Y %H:%M"}),
        Example("at 2024", "2024-01-01T00:00:00Z", {"inputFormat": "[at] YYYY"}),
        Example(
            "2024-01-31T12:00:00.123456-0530",
            "2024-01-31T17:30:00.123456Z",
            {"inputFormat": "YYYY-MM-DDTHH:mm:ss.SSSSSSZ"},
        ),
        Example("2024-01-31T00:05:09Z", "Wed 31 Jan 24 12:5 AM 9.0", {"outputFormat": "ddd D MMM YY hh:m A s.S"}),
        Example("2024-01-31T12:00:00Z", "2024-01-31 12:00:00 +0000 %", {"outputFormat": "%Y-%m-%d %H:%M:%S %z %%"}),
        Example(None, None),
        Example(MISSING, MISSING),
    )
    failures = (
        *map(Failing, ("", "yesterday", "2024-02-30", "31.01.2024", 1706702400, True, {}, "2024-01-31T25:00:00Z")),
        Failing("2024-1-31", {"inputFormat": "YYYY-MM-DD"}),
        Failing("2024-02-30", {"inputFormat": "YYYY-MM-DD"}),
        Failing("2024-W05-3", {"inputFormat": "YYYY-MM-DD"}),
        Failing("13:00 PM 2024", {"inputFormat": "hh:mm A YYYY"}),
        Failing("٢٠٢٤-01-31", {"inputFormat": "YYYY-MM-DD"}),
        Failing("0001-01-01T00:00:00", {"timezone": "Asia/Tokyo"}),
        Failing(1706702400000, {"inputFormat": "epoch"}),
        Failing(float("nan"), {"inputFormat": "epoch"}),
        Failing("1e5", {"inputFormat": "epoch"}),
        Failing("Wed, 99 Jan 2024", {"inputFormat": "RFC2822"}),
    )
