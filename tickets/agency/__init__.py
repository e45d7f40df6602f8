"""Work of the agencies on a ticket: routing, inbox, casework, approval."""
