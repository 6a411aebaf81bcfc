"""``qnet encrypt``: one of two gateways that carry TCP traffic under delivered keys."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import int_range
from experiments.cli.interrupt import until_asked
from experiments.cli.posix import check_posix

if TYPE_CHECKING:
    from protocols.encryption.gateway import Gateway, GatewaySettings

__all__ = ["SUMMARY", "add_arguments", "add_kme", "execute", "positive_seconds"]

SUMMARY = "a gateway that carries TCP traffic under keys from a KME"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet encrypt``."""
    parser.set_defaults(signs_of_life=False)
    add_kme(parser)
    add = parser.add_argument
    add(
        "--side",
        required=True,
        choices=("plain", "sealed"),
        help="plain listens in clear and asks for keys; sealed listens sealed and collects them",
    )
    add("--listen", required=True, metavar="HOST:PORT", help="where it listens; port 0: a free one")
    add("--to", required=True, metavar="HOST:PORT", help="the other gateway, or the service")
    add(
        "--mode",
        choices=("aes-256-gcm", "one-time-pad"),
        default="aes-256-gcm",
        help="what seals the data (default: aes-256-gcm)",
    )
    add(
        "--rekey-s",
        type=positive_seconds,
        default=60.0,
        metavar="S",
        help="a key is used for so long at most, in s (default: 60; pads are used up anyway)",
    )
    add(
        "--rekey-bytes",
        type=int_range(1),
        default=1 << 36,
        metavar="N",
        help="or for so much data (default: 2^36)",
    )
    add(
        "--rekey-messages",
        type=int_range(1, 1 << 32),
        default=1 << 24,
        metavar="N",
        help="or for so many records, up to 2^32 (default: 2^24)",
    )
    add("--hybrid", action="store_true", help="combine keys with X25519 and ML-KEM-768")
    add(
        "--on-shortage",
        choices=("block", "hybrid-only"),
        default="block",
        help="without quantum key: wait, or go on with the exchange alone (default: block)",
    )
    add(
        "--timeout-s",
        type=positive_seconds,
        default=30.0,
        metavar="S",
        help="longest wait for the other gateway in the middle of something (default: 30)",
    )
    add(
        "--state",
        type=Path,
        metavar="FILE.json",
        help="write what it does there each second: counters, whether there is key",
    )
    add(
        "--max-connections",
        type=int_range(1, 100_000),
        default=512,
        metavar="N",
        help="most connections at a time (default: 512)",
    )


def add_kme(parser: argparse.ArgumentParser) -> None:
    """Add who asks which KME for keys, and with whom they are shared."""
    add = parser.add_argument
    add(
        "--kme",
        required=True,
        metavar="URL",
        help="where keys come from, such as https://host:8440",
    )
    add(
        "--certs",
        required=True,
        type=Path,
        metavar="DIR",
        help="holds ca.crt, sae-NAME.crt and sae-NAME.key, as of qnet kme certificates",
    )
    add("--sae", required=True, metavar="NAME", help="whom its certificate names")
    add("--peer", required=True, metavar="NAME", help="the SAE at the other end")


def positive_seconds(text: str) -> float:
    """A converter for argparse: a number above zero.

    Examples:
        >>> positive_seconds("0.5")
        0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        message = f"must be a number of seconds above 0 (got {text[:40]!r})"
        raise argparse.ArgumentTypeError(message)
    return value


def execute(arguments: argparse.Namespace) -> int:
    """Carry traffic until SIGINT or SIGTERM.

    Prints one JSON line when it listens and one at its end; sentences for people go to stderr.
    """
    check_posix("qnet encrypt")
    from protocols.encryption.addresses import address_text
    from protocols.encryption.gateway import Gateway
    from protocols.key_management.no_dumps import leave_no_dump

    leave_no_dump()
    with until_asked() as ended, Gateway(_settings(arguments), _say) as gateway:
        listen = address_text(gateway.address)
        ready = {"ready": True, "listen": listen, "side": arguments.side}
        print(json.dumps(ready), flush=True)
        while not ended.wait(1.0):
            _write_state(arguments.state, gateway)
        gateway.stop()
        _write_state(arguments.state, gateway)
        print(json.dumps({"ended": True, **gateway.state()}), flush=True)
    return 0


def _write_state(path: Path | None, gateway: Gateway) -> None:
    """Put the state into a file, whole or not at all; a full disk stops no traffic."""
    if path is None:
        return
    part = path.with_name(f".{path.name}.part")
    with contextlib.suppress(OSError):
        part.write_text(json.dumps(gateway.state()) + "\n", encoding="utf-8")
        part.replace(path)


def _settings(arguments: argparse.Namespace) -> GatewaySettings:
    from protocols.encryption.addresses import address_of
    from protocols.encryption.gateway import GatewaySettings
    from protocols.encryption.rekeying import RekeyPolicy

    return GatewaySettings(
        kme=arguments.kme,
        certs=arguments.certs,
        sae=arguments.sae,
        peer=arguments.peer,
        side=arguments.side,
        listen=address_of("--listen", arguments.listen),
        to=address_of("--to", arguments.to),
        mode=arguments.mode,
        policy=RekeyPolicy(
            seconds=arguments.rekey_s,
            data_bytes=arguments.rekey_bytes,
            messages=arguments.rekey_messages,
        ),
        hybrid=arguments.hybrid,
        on_shortage=arguments.on_shortage,
        timeout_s=arguments.timeout_s,
        max_connections=arguments.max_connections,
    )


def _say(sentence: str) -> None:
    """Say a sentence, with the time, on stderr."""
    now = time.strftime("%H:%M:%S")
    print(f"qnet encrypt {now}: {sentence}", file=sys.stderr, flush=True)
