"""A directed graph laid out for a terminal: layers of one line each, box-drawing lines between them. Pure.

The road is `layers` (who stands above whom), `order` (side by side, with few crossings), `place` (columns),
`route` (the lines between two layers); `layout.lay_out` goes it whole. Nodes are drawn a line each and their lines
leave and enter under their first cell, so that a path reads like a column. No library that lays graphs out works
in whole cells with one line a node; those there are give points on a plane, or finished text without its places.
"""
