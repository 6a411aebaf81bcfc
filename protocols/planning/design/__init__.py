"""Design of a network: the cheapest that serves all demands, by integer programming."""
