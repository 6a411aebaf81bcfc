"""Nodes of a key network as processes: what one runs, and who watches over all of them."""
