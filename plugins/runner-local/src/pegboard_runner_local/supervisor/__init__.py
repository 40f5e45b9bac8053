"""The program that supervises attempts. It runs apart from the server, with the standard library alone."""
