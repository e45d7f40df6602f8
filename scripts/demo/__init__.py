"""The demo province: units, people, reports, a past, and the simulated PBX with its callers."""
