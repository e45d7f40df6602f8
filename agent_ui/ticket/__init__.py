"""Pages of one ticket and of the search, for all roles that see tickets."""
