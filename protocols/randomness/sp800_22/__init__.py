"""Statistical tests of NIST SP 800-22 revision 1a: p-values of a string of bits.

The standard is A. Rukhin, J. Soto and others, doi:10.6028/NIST.SP.800-22r1a. The hypothesis of
every test is that the bits are independent and fair. The laws of the statistics are those of long
strings, unless a test says otherwise; the catalogue says from which length on each is judged.
"""
