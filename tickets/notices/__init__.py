"""Notices to citizens: what may be sent to a number, the promise that it is, and the ways out."""
