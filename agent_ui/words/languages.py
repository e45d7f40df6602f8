"""Languages of the pages: codes, and names in the language itself."""

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
