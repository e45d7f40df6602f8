"""Public site and API for other programs: a process of its own, without the staff's routes."""
