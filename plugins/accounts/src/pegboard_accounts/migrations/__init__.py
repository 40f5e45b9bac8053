"""Accounts' tables."""
