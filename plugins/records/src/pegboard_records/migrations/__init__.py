"""The version line of the tables of records."""
