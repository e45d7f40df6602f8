"""The life of a ticket: its moves on record, its clocks, its files, its holder."""
