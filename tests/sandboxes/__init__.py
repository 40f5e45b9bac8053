"""What tests of several sandboxes share: which there are, and programs made at random."""
