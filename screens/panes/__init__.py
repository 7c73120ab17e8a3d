"""The panes of the Shift screen: one file each, saying what stands in its columns."""
