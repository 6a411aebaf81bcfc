"""Blind quantum computing: a client whose server sees neither input nor algorithm."""
