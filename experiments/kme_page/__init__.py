"""The live page of a network that runs: stores, edges, alarms, routes, and who uses what.

One thread asks every node for its state, with the manager's certificate; the browser asks the
server of the page, which passes on what is named in `overview` and nothing else.
"""
