"""The engine of integrations: definitions, checked and compiled, and walks over them. It knows no store."""

from .check import ShardTypeInfo, check
from .code_checks import check_code
from .compilation import base_plan, compile_endpoint
from .documents import SERVER_FIELDS, Definition, RetryConfig, normalised, read_definition
from .endpoints import Endpoint, ParamConfig
from .expectations import Expectation, Expectations, PathExpectation, TestConfig, expectations
from .mappings import FieldMapping, ResponseMapping, TransformConfig
from .pages import Caps, Failed, Mapped, MappedRecords, Page, Received, RecordError, SentRequest, Try, WalkFailed
from .plan import Plan
from .preview import Preview, preview, with_mapping
from .routing import Entry, Rule, compile_rule, kind_of
from .secrets import secret_paths
from .signatures import compile_signature
from .versions import Version, version_of
from .walk import walk
from .webhook_code import ENTRY, check_webhook_code
from .webhooks import WebhookConfig

__all__ = [
    "ENTRY",
    "SERVER_FIELDS",
    "Caps",
    "Definition",
    "Endpoint",
    "Entry",
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
    "Rule",
    "SentRequest",
    "ShardTypeInfo",
    "TestConfig",
    "TransformConfig",
    "Try",
    "Version",
    "WalkFailed",
    "WebhookConfig",
    "base_plan",
    "check",
    "check_code",
    "check_webhook_code",
    "compile_endpoint",
    "compile_rule",
    "compile_signature",
    "expectations",
    "kind_of",
    "normalised",
    "preview",
    "read_definition",
    "secret_paths",
    "version_of",
    "walk",
    "with_mapping",
]
