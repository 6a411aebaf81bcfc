"""Satellite key distribution: slots of a pass, keys from passes, weather, stores on board."""
