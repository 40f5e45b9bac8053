"""The store's own tables."""
