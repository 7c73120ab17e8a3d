"""The log view: a ring of rows, what is shown of it, and the panel that draws it, for every screen that has a log."""
