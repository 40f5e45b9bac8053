"""Events that come in: read, verified, stored, answered, and handled by jobs."""
