"""Runbooks: Markdown read into steps, kept as a library, matched with alarms, checked. Nothing asks AWS."""
