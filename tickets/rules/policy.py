"""Policy: spans of time and limits that a province may want otherwise, each with its default."""

# From how many times a citizen asked again the head of the agency sees it, not the officer alone.
HEAD_FROM = 2
