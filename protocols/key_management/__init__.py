"""Key management entities: durable stores, links that make key, relays, and what they serve."""
