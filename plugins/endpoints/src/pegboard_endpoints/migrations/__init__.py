"""The version line of the endpoints' tables."""
