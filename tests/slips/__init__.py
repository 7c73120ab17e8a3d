"""Keys pressed at random, in nights of their own: no other night of the process is alive beside them."""
