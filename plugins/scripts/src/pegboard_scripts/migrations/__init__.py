"""Revisions of the table of uploads."""
