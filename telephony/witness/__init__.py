"""Second witness: the PBX's own logs (queue_log, CEL), compared with the recorded calls, and the repairs."""
