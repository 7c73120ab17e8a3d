"""Alerts: three finders, one list, and what people do about it."""
