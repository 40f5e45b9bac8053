"""Which rules programs are written with."""

from types import ModuleType

import attrs

from . import grammar, wider

GOES_ON = "try:\n    <block>\nexcept Exception as e:\n    out.append([type(e).__name__, str(e)])"
"""Around most statements, or nearly every program would end at its first error."""


@attrs.frozen
class Rules:
    """What programs are written with. `around` stands around most statements."""

    leaves: dict[str, list[str]]
    kinds: dict[str, list[str]]
    simple: list[str]
    compound: list[str]
    around: str

    def and_more(self, more: ModuleType) -> "Rules":
        kinds = {kind: [*rules, *more.RULES.get(kind, ())] for kind, rules in self.kinds.items()}
        simple, compound = [*self.simple, *more.SIMPLE], [*self.compound, *more.COMPOUND]
        return attrs.evolve(self, kinds=kinds, simple=simple, compound=compound)

    def without(self, *words: str, around: str) -> "Rules":
        """Only the rules in which none of these words is."""

        def keep(rules: list[str]) -> list[str]:
            return [rule for rule in rules if not any(word in rule.replace(" ", "") for word in words)]

        leaves, kinds = ({kind: keep(rules) for kind, rules in table.items()} for table in (self.leaves, self.kinds))
        return Rules(leaves, kinds, keep(self.simple), keep(self.compound), around)


COMMON = Rules(grammar.LEAVES, grammar.RULES, grammar.SIMPLE, grammar.COMPOUND, GOES_ON)
WIDER = COMMON.and_more(wider)
ERRORS = "try: raise assert"
UNLIKE = "class yield del ascii( True:3 {<any>:1 *=2 <sign>=<any> [<index>]<sign>="
WITHOUT_ERRORS = COMMON.without(*ERRORS.split(), *UNLIKE.split(), around="if 1:\n    <block>")
"""For an interpreter that has other errors, less of classes and deletion, a dict in which True is not 1, and a ``*=``
that makes another list."""
