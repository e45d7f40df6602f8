"""Administration: accounts, agencies, rules, calendar, numbers, keys; every change on record."""
