"""Life cycle of a ticket: moves, history, clocks, files, owner."""
