"""Services that hand entanglement to applications: given states, a chain, or a network."""
