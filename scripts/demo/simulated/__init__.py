"""The simulated PBX of the demo: a stand-in for Asterisk, its callers and operators, held against recordings."""
