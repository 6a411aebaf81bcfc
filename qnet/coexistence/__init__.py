"""Coexistence of quantum and classical channels on one fibre: what noise their light makes."""
