"""Pages of one ticket and of the search, for all who may see a ticket."""
