"""Citizens: who they are, what they say of their tickets, what they are told."""
