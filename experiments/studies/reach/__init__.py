"""How far a repeater chain reaches with given hardware, and from where on it beats bare fibre.

``hardware`` says what is built from what, ``point`` works out one number, ``rows`` keeps it,
``work`` spreads the points over processes, ``report`` and ``figure`` show what was found.
"""
