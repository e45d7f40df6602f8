"""Texts of the pages: labels, histories, figures, and the message catalogue."""
