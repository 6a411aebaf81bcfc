"""Planning: the best chain for hardware, hardware for a target, networks for their demands."""
