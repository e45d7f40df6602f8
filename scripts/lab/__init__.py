"""Lab Asterisk: a real one of our own, unpacked and started beside the project."""
