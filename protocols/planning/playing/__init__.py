"""Plans that are played: as networks of keys or of pairs, against what they promised."""
