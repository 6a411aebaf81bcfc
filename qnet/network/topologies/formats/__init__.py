"""Files of topologies, each told by its content: one format a file, and one line in the table."""
