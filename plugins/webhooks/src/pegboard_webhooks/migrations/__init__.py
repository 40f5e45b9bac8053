"""Revisions of the tables of webhooks."""
