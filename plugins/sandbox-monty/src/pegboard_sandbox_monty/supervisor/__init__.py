"""What runs in a supervisor, a process between the server and one interpreter. pydantic-monty and standard library."""
