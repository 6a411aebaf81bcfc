"""``qnet consume``: delivered keys for programs that exist, at both of their ends.

A command of its own beside ``qnet encrypt``: no traffic goes through it, and what it needs is
different for each program.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import int_range
from experiments.cli.encrypt import add_kme, positive_seconds
from experiments.cli.interrupt import until_asked
from experiments.cli.posix import check_posix

if TYPE_CHECKING:
    from protocols.encryption.agreement import KeyFollower, KeyLeader
    from protocols.encryption.consumers.consumer import Installed, KeyConsumer

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "fresh keys from a KME for WireGuard, IPsec or OpenSSL"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet consume``."""
    parser.set_defaults(signs_of_life=False)
    programs = parser.add_subparsers(
        dest="consumer", metavar="PROGRAM", required=True, parser_class=type(parser)
    )
    wireguard = programs.add_parser("wireguard", help="pre-shared key of a peer, by wg set")
    wireguard.add_argument("--interface", required=True, metavar="wg0", help="its interface")
    wireguard.add_argument(
        "--wg-peer", required=True, metavar="KEY", help="the peer's public key, in base64"
    )
    ipsec = programs.add_parser("ipsec", help="post-quantum pre-shared key of strongSwan")
    ipsec.add_argument("--name", required=True, help="connection of swanctl.conf")
    ipsec.add_argument(
        "--key-bits", type=int_range(256, 4096), default=256, metavar="N", help="default: 256"
    )
    openssl = programs.add_parser("openssl", help="external pre-shared key of TLS 1.3, as a file")
    openssl.add_argument("--name", default="qnet", help="of the file (default: qnet)")
    for each in (wireguard, ipsec, openssl):
        _add_common(each)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_kme(parser)
    add = parser.add_argument
    add("--out", required=True, type=Path, metavar="DIR", help="for files of keys (mode 0600)")
    end = parser.add_mutually_exclusive_group(required=True)
    end.add_argument("--to", metavar="HOST:PORT", help="master: tells the slave there of each key")
    end.add_argument("--listen", metavar="HOST:PORT", help="slave: is told of keys here")
    add(
        "--every-s",
        type=positive_seconds,
        default=120.0,
        metavar="S",
        help="master: a key so often, in s (default: 120)",
    )
    add("--count", type=int_range(1), metavar="N", help="end after so many keys")


def execute(arguments: argparse.Namespace) -> int:
    """Give the program keys until SIGINT or SIGTERM, or as many as were asked for.

    Prints a JSON line for each key: its identity, files and commands, nothing secret.
    """
    check_posix("qnet consume")
    from protocols.encryption.addresses import address_of
    from protocols.encryption.agreement import KeyFollower, KeyLeader
    from protocols.encryption.client import KmeClient
    from protocols.encryption.identity import Identity
    from protocols.key_management.no_dumps import leave_no_dump

    leave_no_dump()
    consumer = arguments.consumer, _consumer(arguments)
    kme = KmeClient(arguments.kme, arguments.certs, arguments.sae)
    common = kme, Identity(arguments.certs, arguments.sae), arguments.peer, consumer, arguments.out
    with closing(kme), until_asked() as ended:
        if arguments.to is not None:
            return _lead(KeyLeader(*common, address_of("--to", arguments.to)), arguments, ended)
        with closing(KeyFollower(*common, address_of("--listen", arguments.listen))) as follower:
            return _follow(follower, arguments, ended)


def _consumer(arguments: argparse.Namespace) -> KeyConsumer:
    from protocols.encryption.consumers.table import consumer_of

    options = {
        "wireguard": {"interface": "interface", "public_key": "wg_peer"},
        "ipsec": {"name": "name", "key_bits": "key_bits"},
        "openssl": {"name": "name"},
    }[arguments.consumer]
    return consumer_of(
        arguments.consumer, **{name: getattr(arguments, given) for name, given in options.items()}
    )


def _lead(leader: KeyLeader, arguments: argparse.Namespace, ended: threading.Event) -> int:
    """The master: a key at each interval; after a failure again sooner, with the old key kept."""
    from protocols.encryption.consumers.consumer import ConsumerError
    from protocols.encryption.records import BrokenConnection
    from protocols.key_management.refusals import KeyRefusedError

    done, failed = 0, 0
    while not ended.is_set():
        start = time.monotonic()
        try:
            _print(leader.next_key())
            done, failed = done + 1, 0
        except (BrokenConnection, ConsumerError, KeyRefusedError) as stop:
            failed += 1
            _say(f"{stop}; the program keeps the key that it has")
        if arguments.count is not None and done >= arguments.count:
            break
        wait = min(arguments.every_s, 0.25 * 2**failed) if failed else arguments.every_s
        ended.wait(max(0.0, wait - (time.monotonic() - start)))
    return 0


def _follow(follower: KeyFollower, arguments: argparse.Namespace, ended: threading.Event) -> int:
    from protocols.encryption.addresses import address_text

    print(json.dumps({"ready": True, "listen": address_text(follower.address)}), flush=True)
    done = 0
    while not ended.is_set() and (arguments.count is None or done < arguments.count):
        taken = follower.next_key(0.5, _say)
        if taken is not None:
            done += 1
            _print(taken)
    return 0


def _print(taken: Installed) -> None:
    shown = {
        "key_ID": taken.key_id,
        "done": taken.done,
        "files": [str(path) for path in taken.files],
        "commands": list(taken.commands),
    }
    print(json.dumps(shown), flush=True)


def _say(sentence: str) -> None:
    print(f"qnet consume: {sentence}", file=sys.stderr, flush=True)
