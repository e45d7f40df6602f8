"""Figures of calls, tickets and people, and the exports of the contract."""
