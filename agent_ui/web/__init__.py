"""What every view shares: settings, database, sign-in, forms, errors, limits, live announcements."""
