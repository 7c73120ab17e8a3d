"""Everything known about one thing, as lines: what the Detail screen shows. One file a kind, all of it pure."""
