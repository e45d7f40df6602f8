"""The citizens' site and the programs' door: a process of its own, without the staff's routes."""
