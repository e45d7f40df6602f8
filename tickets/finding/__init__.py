"""Finding: tickets by words, places, fields, answers, and what is like a report."""
