"""Simulated PBX of the demo: a stand-in for Asterisk, its callers and operators, checked against recordings."""
