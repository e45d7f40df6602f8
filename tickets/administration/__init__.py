"""Administration: accounts, agencies, rules, fields, calendars, numbers, API keys; each change on record."""
