"""Live page of a network that ``qnet kme`` runs, until an interrupt."""

from __future__ import annotations

import argparse

from experiments.cli.kme_network import check_extra

__all__ = ["serve_page"]


def serve_page(arguments: argparse.Namespace) -> int:
    """Serve the page of a network until Ctrl-C; the exit code."""
    check_extra()
    from experiments.kme_page.server import KmePage

    with KmePage(arguments.dir, arguments.host, arguments.port) as server:
        print(f"the page of the network is at {server.url} (Ctrl-C ends it)", flush=True)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            print("\nthe page has ended", flush=True)
    return 0
