"""Patterns that callers may send: what cannot run away, and means the same on both databases.

A regular expression is read and written anew, so that neither PostgreSQL's dialect nor RE2's decides what it means.
Literals, ``.``, classes, groups, ``|``, ``^``, ``$``, ``\\d \\w \\s`` (ASCII), and quantifiers up to 100 are let
through; look-around, references to groups, lazy quantifiers and flags are not.
"""

import re

import attrs

LONGEST = 200
WILDCARDS = 10
REPEATS = 100
LARGEST = 1000
"""Places in an expression after its quantifiers are written out: what an automaton for it costs."""
DEEPEST = 10

QUANTIFIER = re.compile(r"\{(\d{1,4})(,(\d{0,4}))?\}")
SHORT = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \t\n\r\f\v"}
WRITTEN = {"n": "\n", "t": "\t", "r": "\r"}


def check_like(pattern: str) -> None:
    """Raises ValueError for a pattern of LIKE that a database would refuse, or that costs too much."""
    if len(pattern) > LONGEST:
        raise ValueError(f"has more than {LONGEST} characters")
    plain = pattern.replace("\\\\", "").replace("\\%", "").replace("\\_", "")
    if "\\" in plain:
        raise ValueError(r"has a backslash that escapes nothing: write \\, \% or \_")
    if plain.count("%") > WILDCARDS:
        raise ValueError(f"has more than {WILDCARDS} %")


def like_escaped(text: str) -> str:
    r"""A text as a pattern that matches it alone, with ``\`` as the escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def portable_regex(pattern: str) -> str:
    """The expression in the words that both engines share. Raises ValueError with what is not possible."""
    if len(pattern) > LONGEST:
        raise ValueError(f"has more than {LONGEST} characters")
    reader = _Reader(pattern)
    written, _ = reader.alternatives(0)
    if reader.more():
        raise ValueError(f"has a ) without its ( at {reader.at}")
    return written


@attrs.define
class _Reader:
    """Recursive descent; each step answers with what it wrote and what that costs."""

    text: str
    at: int = 0

    def more(self) -> bool:
        return self.at < len(self.text)

    def peek(self) -> str:
        return self.text[self.at] if self.more() else ""

    def take(self) -> str:
        if not self.more():
            raise ValueError("ends too early")
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self, depth: int) -> tuple[str, int]:
        if depth > DEEPEST:
            raise ValueError(f"has groups in groups, more than {DEEPEST} deep")
        parts = [self.sequence(depth)]
        while self.peek() == "|":
            self.take()
            parts.append(self.sequence(depth))
        return "|".join(part for part, _ in parts), sum(cost for _, cost in parts)

    def sequence(self, depth: int) -> tuple[str, int]:
        written, total = [], 1
        while self.more() and self.peek() not in "|)":
            part, cost = self.quantified(depth)
            written.append(part)
            total += cost
            if total > LARGEST:
                raise ValueError("is too large once its quantifiers are written out")
        return "".join(written), total

    def quantified(self, depth: int) -> tuple[str, int]:
        part, cost = self.atom(depth)
        mark, times = self.quantifier()
        if mark and part in "^$":
            raise ValueError(f"repeats an anchor at {self.at}")
        if mark and (self.peek() in ("*", "+", "?") or QUANTIFIER.match(self.text, self.at)):
            raise ValueError(f"has two quantifiers at {self.at}; lazy ones are not possible either")
        return part + mark, cost * times

    def quantifier(self) -> tuple[str, int]:
        if self.more() and self.peek() in "*+?":
            return self.take(), 2
        found = QUANTIFIER.match(self.text, self.at)
        if found is None:
            return "", 1
        self.at = found.end()
        low, high = int(found[1]), int(found[3]) if found[3] else int(found[1])
        if low > high or high > REPEATS:
            raise ValueError(f"repeats {found[0]}: at most {REPEATS} times, the smaller number first")
        return found[0], high + 1

    def atom(self, depth: int) -> tuple[str, int]:
        char = self.take()
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.bracket(), 1
        if char == "\\":
            return self.escape(), 1
        if char == ".":
            return "[^\n]", 1
        if char in "*+?{":
            raise ValueError(f"has a {char} that repeats nothing at {self.at - 1}: write \\{char} for the character")
        return (char if char in "^$" else _literal(char)), 1

    def group(self, depth: int) -> tuple[str, int]:
        if self.peek() == "?":
            if self.text[self.at : self.at + 2] != "?:":
                raise ValueError(f"has (?{self.text[self.at + 1 : self.at + 2]} at {self.at - 1}: only (?: is possible")
            self.at += 2
        inner, cost = self.alternatives(depth + 1)
        if self.peek() != ")":
            raise ValueError("has a ( without its )")
        self.take()
        return f"(?:{inner})", cost

    def escape(self) -> str:
        char = self.take()
        if char.lower() in SHORT:
            return f"[{'^' if char.isupper() else ''}{SHORT[char.lower()]}]"
        if char in WRITTEN:
            return WRITTEN[char]
        if char.isalnum():
            raise ValueError(f"has \\{char}, which is not possible here")
        return _literal(char)

    def bracket(self) -> str:
        negated = self.peek() == "^"
        if negated:
            self.take()
        members: list[str] = []
        while self.peek() != "]":
            members.append(self.member())
        self.take()
        if not members:
            raise ValueError("has an empty class []: write \\[ for the character")
        return f"[{'^' if negated else ''}{''.join(members)}]"

    def member(self) -> str:
        char = self.take()
        if char == "[":
            raise ValueError("has a [ within a class: write \\[ for the character")
        if char == "\\":
            return self.member_escape()
        if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
            self.take()
            return _range(char, self.take())
        return _member(char)

    def member_escape(self) -> str:
        char = self.take()
        if char in SHORT:
            return SHORT[char]
        if char in WRITTEN:
            return WRITTEN[char]
        if char.isalnum():
            raise ValueError(f"has \\{char} within a class, which is not possible here")
        return _member(char)


def _range(low: str, high: str) -> str:
    if not (low.isalnum() and high.isalnum() and low <= high):
        raise ValueError(f"has the range {low}-{high}: write letters or digits, the smaller first")
    return f"{low}-{high}"


def _literal(char: str) -> str:
    return f"\\{char}" if char.isascii() and char.isprintable() and not char.isalnum() and char not in " _" else char


def _member(char: str) -> str:
    return f"\\{char}" if char in "\\]^-[" else char
