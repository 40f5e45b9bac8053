"""The tables of OAuth grants and logins."""
