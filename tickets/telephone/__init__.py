"""Telephone of one operator at the PBX: state, outgoing calls, transfers, after-call work, emergencies."""
