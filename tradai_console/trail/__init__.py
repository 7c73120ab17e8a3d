"""The trail: the closure of an id over logs, executions, rows and tasks, in one order of time, and then live."""
