"""Foundation of every view: settings, database, sign-in, forms, errors, limits, live announcements."""
