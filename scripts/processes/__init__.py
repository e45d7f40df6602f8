"""Processes of a running site: supervisor, web servers, worker, schedule, logs and shutdown."""
