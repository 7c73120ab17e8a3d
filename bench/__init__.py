"""How fast the console is, as ratios of things measured side by side in one run: `python -m bench [NAME ...]`.

Absolute times tell about the machine. So each figure stands beside its floor or its peer, the two measured in
turns (A B A B), and medians are compared.
"""
