"""The second witness: what the PBX's own logs (queue_log, CEL) hold, compared with the calls, and what they mend."""
