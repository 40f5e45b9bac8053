"""Revisions of the tables of integrations."""
