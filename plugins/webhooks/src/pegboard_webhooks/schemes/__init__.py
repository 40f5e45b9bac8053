"""How senders prove who they are: signing and verifying, without I/O."""
