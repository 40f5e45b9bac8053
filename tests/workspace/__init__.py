"""The rules of this repository, each a function from the root of a tree to the breaches found in it."""
