"""Page of a chain: its controls, the figures of a setting, and one delivery drawn."""
