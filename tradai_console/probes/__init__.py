"""Read-only checks that a runbook's steps name: each reads AWS, and judges what it read.

`run_probe` is the one way in; `runbook.catalogue.PROBES` is the list. A judging function is pure and takes the
time as a value: verdicts are tested by tables.
"""
