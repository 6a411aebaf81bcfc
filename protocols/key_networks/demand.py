"""Demands for keys: who asks for which keys, when, and what an encryption device needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.schema import Description, Whole, check_fields, conflict, key, missing

__all__ = ["DEVICES", "KeyDemand"]

#: Encryption devices that ask for keys by themselves.
DEVICES = ("aes-256-gcm", "one-time-pad")

#: Bits of an AES-256 key, and keys of a tunnel: one for each direction.
_AES_BITS, _DIRECTIONS = 256, 2


def _routes(field: str, value: object) -> tuple[tuple[str, ...], ...]:
    """Names of the nodes of each route, two or more, none twice on a route."""
    hint = 'write routes = [["A", "B", "D"], ["A", "C", "D"]]'
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of routes", value, hint)
    for k, route in enumerate(value):
        names = isinstance(route, list | tuple) and all(isinstance(each, str) for each in route)
        if not names or len(route) < 2 or len({*route}) < len(route):
            place, rule = f"{field}[{k}]", "be the names of two or more nodes, each once"
            raise ParameterError(place, rule, route, hint)
    return tuple(tuple(route) for route in value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KeyDemand(Description):
    """Two nodes between which keys are asked for: [[demand]].

    Args:
        ends: Names of two nodes.
        arrivals: ``poisson``, or ``regular``, at 1/rate, 2/rate, ...
        rate_hz: Requests per second.
        key_bits: Bits of each requested key.
        on_shortage: ``refuse`` or ``wait``.
        patience_s: How long a request waits before it gives up, in s; for ever unless given.
        device: ``aes-256-gcm`` or ``one-time-pad``: an encryption device in place of
            ``arrivals``, ``rate_hz`` and ``key_bits``.
        tunnels: Tunnels of AES devices, each with a key for each direction.
        rekey_s: Time in s between two keys of a direction.
        data_rate_bit_per_s: Data that one-time pads encrypt, in bit/s of both directions together.
        routes: Names of the nodes of each route that its keys take, from the first of its ends to
            the second, in place of those that are searched; there is no way round them.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> KeyDemand(ends=("A", "C"), rate_hz=10.0).key_rate_hz
        2560.0
        >>> KeyDemand(ends=("A", "C"), device="aes-256-gcm", tunnels=4, rekey_s=64.0).key_rate_hz
        32.0
    """

    ends: tuple[str, ...] = key(example=["A", "C"])
    arrivals: str = key("poisson", choices=("poisson", "regular"))
    rate_hz: float | None = key(None, check=check_positive, example=10.0)
    key_bits: int = key(256, check=Whole(minimum=1, maximum=10**12))
    on_shortage: str = key("refuse", choices=("refuse", "wait"))
    patience_s: float | None = key(None, check=check_non_negative, example=5.0)
    device: str | None = key(None, choices=DEVICES)
    tunnels: int | None = key(None, check=Whole(minimum=1, maximum=10**6), example=4)
    rekey_s: float | None = key(None, check=check_positive, example=60.0)
    data_rate_bit_per_s: float | None = key(None, check=check_positive, example=1e3)
    routes: Any = key(
        (),
        read=lambda field, value: _routes(field, value),
        quiet=True,
        example=[["A", "B", "C"]],
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if len(self.ends) != 2 or self.ends[0] == self.ends[1]:
            hint = 'write ends = ["A", "C"]'
            raise ParameterError("ends", "name two different nodes", self.ends, hint)
        for k, route in enumerate(self.routes):
            if (route[0], route[-1]) != self.ends:
                place, rule = f"routes[{k}]", f"lead from {self.ends[0]} to {self.ends[1]}"
                raise ParameterError(place, rule, list(route), "name the ends as well")
        needs: dict[str, float] = {
            None: {"rate_hz": 10.0},
            "aes-256-gcm": {"tunnels": 4, "rekey_s": 60.0},
            "one-time-pad": {"data_rate_bit_per_s": 1e3},
        }[self.device]
        for name, example in needs.items():
            if getattr(self, name) is None:
                raise missing(name, example)
        for name in ("rate_hz", "tunnels", "rekey_s", "data_rate_bit_per_s"):
            if name not in needs and getattr(self, name) is not None:
                other = "device" if self.device is None else f"device = {self.device!r}"
                rule = f"be left out {'without' if self.device is None else 'with'} {other}"
                raise ParameterError(name, rule, getattr(self, name), "see the keys of a device")
        if self.device is not None and self.key_bits != _AES_BITS:
            raise conflict("key_bits", self.key_bits, "device")
        if self.patience_s is not None and self.on_shortage != "wait":
            hint = 'write on_shortage = "wait"'
            raise ParameterError("patience_s", "come with waiting", self.patience_s, hint)

    @property
    def is_stream(self) -> bool:
        """Whether key is used up all the time, bit by bit, and not in requests."""
        return self.device == "one-time-pad"

    @property
    def request_rate_hz(self) -> float:
        """Requests for a key per second; 0 of a stream."""
        if self.device == "aes-256-gcm":
            return _DIRECTIONS * (self.tunnels or 0) / (self.rekey_s or 1.0)
        return self.rate_hz or 0.0

    @property
    def key_rate_hz(self) -> float:
        """Bits of key that are asked for, per second."""
        if self.is_stream:
            return self.data_rate_bit_per_s or 0.0
        return self.request_rate_hz * self.key_bits
