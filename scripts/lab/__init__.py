"""A real Asterisk of our own, unpacked and started beside the project."""
