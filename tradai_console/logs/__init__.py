"""Logs: the tail of many groups, its lines, and the story of an id."""
