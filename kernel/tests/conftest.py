"""Fixtures of the kernel's own tests."""

pytest_plugins = ["pegboard.testing.fixtures"]
