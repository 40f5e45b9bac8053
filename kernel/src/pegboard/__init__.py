"""The board: a plugin microkernel for ASGI applications that their own users extend."""

__version__ = "0.1.0"
