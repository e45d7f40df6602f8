"""Commands of scripts/manage, and what they read and check."""
