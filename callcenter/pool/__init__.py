"""Process pool for work that needs a processor: bounded, at low priority, beside the server that answers people."""
