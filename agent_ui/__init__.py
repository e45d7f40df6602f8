"""HTTP layer: the staff console, the public site and the API for other programs."""
