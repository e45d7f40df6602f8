"""One operator's telephone at the PBX: what it does, calls it makes, calls it passes on."""
