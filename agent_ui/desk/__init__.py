"""Pages of the operators: the desk, drafts, call-backs, telephone, emergencies."""
