"""A client of Pegboard's custom endpoints: write widgets, try their logic, read their results."""

from .connection import Connection
from .errors import (
    ApiError,
    AuthenticationError,
    CodeRefusedError,
    ConflictError,
    ExecutionError,
    FieldError,
    InvalidError,
    LimitError,
    NotFoundError,
    PegboardError,
    ScopeError,
    UnavailableError,
    UnreachableError,
    UpstreamError,
)
from .reading import ReadWidget
from .records import EndpointData, Page, Pagination, Preview, Timings, Validation, Violation, Widget
from .writing import WriteWidget

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "AuthenticationError",
    "CodeRefusedError",
    "ConflictError",
    "Connection",
    "EndpointData",
    "ExecutionError",
    "FieldError",
    "InvalidError",
    "LimitError",
    "NotFoundError",
    "Page",
    "Pagination",
    "PegboardError",
    "Preview",
    "ReadWidget",
    "ScopeError",
    "Timings",
    "UnavailableError",
    "UnreachableError",
    "UpstreamError",
    "Validation",
    "Violation",
    "Widget",
    "WriteWidget",
]
