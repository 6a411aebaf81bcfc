"""Page of BB84 with an eavesdropper: its controls, figures, and signals one by one."""
