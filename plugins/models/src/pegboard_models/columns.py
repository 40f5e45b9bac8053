"""Column types that compare, sort and stay exact in the same way on both databases."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

LARGEST_PRECISION = 18
"""Digits that fit into 64 bits."""


class PlainText(TypeDecorator[str]):
    """Text that is compared by code point, as Python does, whatever the collation of the database."""

    impl = String
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(self.length, collation))

    def __repr__(self) -> str:
        return f"PlainText({self.length or ''})"


class Exact(TypeDecorator[Decimal]):
    """Decimals of a fixed scale. SQLite has no type for them: there it is a whole number of the smallest unit.

    So sums, comparisons and indexes are exact on both.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int(Decimal(value).scaleb(self.scale))

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        exact: Decimal | None = value
        return exact if exact is None or dialect.name != "sqlite" else Decimal(value).scaleb(-self.scale)

    def __repr__(self) -> str:
        return f"Exact({self.precision}, {self.scale})"
