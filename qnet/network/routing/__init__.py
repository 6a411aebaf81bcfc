"""Routing in a network: paths, what each is worth, and the choice among them."""
