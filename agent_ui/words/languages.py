"""Languages of the pages, each by its code and under its own name."""

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
