"""Follow-up of calls besides tickets: call-backs, recordings, nuisance numbers, operators of a call."""
