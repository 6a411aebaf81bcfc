"""Technologies of a planned network: how two sites can be joined, at which cost and key rate."""
