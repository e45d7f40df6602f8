"""Processes of a running site: the whole under one parent, servers, worker, schedule, their log and their end."""
