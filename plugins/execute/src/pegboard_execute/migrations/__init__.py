"""Revisions of the tables of execute."""
