"""Alerts: what is wrong, whoever says so."""
