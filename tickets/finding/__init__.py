"""Search and suggestions: tickets by words, places, fields, articles, and similar reports."""
