"""JSONPath as functions, and templates of it: the library that Pegboard's mappings stand on."""

from .errors import PathError
from .path import Path, compile_path, is_path
from .template import Template
from .text import text_of

__version__ = "0.1.0"

__all__ = ["Path", "PathError", "Template", "compile_path", "is_path", "text_of"]
