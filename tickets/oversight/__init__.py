"""Oversight by leaders and supervisors: worklists, shift handover, failed background work."""
