"""Notices to citizens: which number may get one, the promise to send it, and the gateways."""
