"""Page of a network: its map, the routes of two users, and who gets how much."""
