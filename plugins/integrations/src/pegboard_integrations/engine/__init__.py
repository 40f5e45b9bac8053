"""The engine of integrations: definitions, checked and compiled, and walks over them. It knows no store."""

from .check import ShardTypeInfo, check
from .code_checks import check_code
from .documents import SERVER_FIELDS, Definition, RetryConfig, normalised, read_definition
from .endpoints import Endpoint, ParamConfig
from .expectations import Expectation, Expectations, PathExpectation, TestConfig, expectations
from .mappings import FieldMapping, ResponseMapping, TransformConfig
from .pages import Caps, Failed, Mapped, MappedRecords, Page, Received, RecordError, SentRequest, Try, WalkFailed
from .plan import Plan, base_plan, compile_endpoint
from .preview import Preview, preview, with_mapping
from .secrets import secret_paths
from .walk import walk
from .webhooks import WebhookConfig

__all__ = [
    "SERVER_FIELDS",
    "Caps",
    "Definition",
    "Endpoint",
    "Expectation",
    "Expectations",
    "Failed",
    "FieldMapping",
    "Mapped",
    "MappedRecords",
    "Page",
    "ParamConfig",
    "PathExpectation",
    "Plan",
    "Preview",
    "Received",
    "RecordError",
    "ResponseMapping",
    "RetryConfig",
    "SentRequest",
    "ShardTypeInfo",
    "TestConfig",
    "TransformConfig",
    "Try",
    "WalkFailed",
    "WebhookConfig",
    "base_plan",
    "check",
    "check_code",
    "compile_endpoint",
    "expectations",
    "normalised",
    "preview",
    "read_definition",
    "secret_paths",
    "walk",
    "with_mapping",
]
