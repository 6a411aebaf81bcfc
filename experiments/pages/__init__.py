"""Pages in the browser of this machine: their server, by the standard library alone."""
