"""The command line ``qnet``: one command, one file; the table of them is ``commands``."""
