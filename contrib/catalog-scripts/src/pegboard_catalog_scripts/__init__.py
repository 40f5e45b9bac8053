"""Scripts for a product catalogue: fetch, filter, categorise, de-duplicate, describe, and upload to Shopify."""

from .arguments import make_parser, parse
from .failures import InputError, ScriptError, Stopped
from .manifest import Artifact, Parameter, Script, Secret, read_manifest, scripts

__version__ = "0.1.0"

__all__ = [
    "Artifact",
    "InputError",
    "Parameter",
    "Script",
    "ScriptError",
    "Secret",
    "Stopped",
    "make_parser",
    "parse",
    "read_manifest",
    "scripts",
]
