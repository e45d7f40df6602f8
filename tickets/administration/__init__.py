"""What an administrator changes: people, agencies, rules, fields, calendars, numbers, keys; each change on record."""
