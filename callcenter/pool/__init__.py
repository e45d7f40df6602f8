"""Process pool for processor-bound work: bounded, at low priority, beside the web server."""
