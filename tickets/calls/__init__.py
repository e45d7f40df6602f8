"""What follows from a call besides a ticket: calling back, hearing it, putting it right, misuse."""
