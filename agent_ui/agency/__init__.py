"""Pages of the agencies: the inbox."""
