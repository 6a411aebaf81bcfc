"""Reports of a network plan: what is read by people who decide."""
