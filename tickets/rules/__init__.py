"""Pure rules of the hotline: values in, values out; no database, no request, no clock of their own."""
