"""Entropy estimators of NIST SP 800-90B: a min-entropy per symbol from recorded symbols.

The standard is M. S. Turan and others, doi:10.6028/NIST.SP.800-90B (2018). All ten estimators of
sources that need not be independent are here. Most common value, t-tuple and longest repeated
substring take symbols of any alphabet, the others bits.
"""
