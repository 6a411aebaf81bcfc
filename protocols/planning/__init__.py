"""Planning of repeater chains: the best plan for hardware, and the hardware for a target."""
