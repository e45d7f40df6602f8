"""HTTP API for other programs: /api/v1 and its OpenAPI document."""
