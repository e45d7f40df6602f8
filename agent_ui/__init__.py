"""Everything that speaks HTTP: the staff console, the public site, the programs' door. Wider than its name."""
