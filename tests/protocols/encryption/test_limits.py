"""Limits of encryption devices against the values of the reference table (PN-F1 to PN-F6)."""

from __future__ import annotations

import math

import pytest

from protocols.encryption.limits import AesGcm, MacSec, RekeyedTunnels
from protocols.encryption.rekeying import RekeyPolicy
from protocols.key_networks.demand import KeyDemand
from qnet.errors import ParameterError

LINE = AesGcm(line_rate_bit_per_s=1e11, packet_bytes=1500)


def test_random_nonces_of_a_full_key_repeat_with_two_to_the_minus_33():
    # Oracle: PN-F1; the union bound over all pairs, in logarithms.
    assert LINE.most_messages == 2**32
    assert math.log2(LINE.collision_probability(2**32)) == pytest.approx(-33, rel=1e-9)


@pytest.mark.parametrize(("bits", "count"), [(8, 5), (8, 20), (12, 30)])
def test_collision_bound_holds_for_the_exact_birthday_probability(bits, count):
    # Oracle: the exact probability 1 - prod (1 - k / 2^b) of short nonces.
    exact = 1 - math.prod(1 - k / 2**bits for k in range(count))
    bound = AesGcm(nonce_bits=bits, counter_bits=4).collision_probability(count)
    assert exact <= bound <= 1.5 * exact


def test_longest_plaintext():
    # Oracle: PN-F2; 2^39 - 256 bits are also 2^32 - 2 blocks of the 32-bit counter.
    assert LINE.longest_message_bytes == 68_719_476_704 == 16 * (2**32 - 2)


def test_a_full_line_uses_up_a_key():
    # Oracle: PN-F3.
    lifetime = LINE.lifetime()
    assert lifetime.seconds == pytest.approx(515.396076, rel=1e-8)
    assert lifetime.data_bytes / 1e12 == pytest.approx(6.44245094, rel=1e-8)


def test_packet_numbers_of_macsec():
    # Oracle: PN-F4; 64 + 20 bytes are 84 on the wire, a Julian year 31557600 s.
    short = MacSec(line_rate_bit_per_s=1e11).lifetime()
    extended = MacSec(line_rate_bit_per_s=1e11, packet_number_bits=64).lifetime()
    assert short.seconds == pytest.approx(28.8621802, rel=1e-8)
    assert extended.seconds / 31_557_600 == pytest.approx(3928.12255, rel=1e-8)


def test_tunnels_that_a_key_rate_keeps():
    # Oracle: PN-F5; and so many tunnels as a demand of a key network ask for no more than that.
    device = RekeyedTunnels(rekey_s=60.0)
    tunnels = device.tunnels_for(2000.0)
    assert tunnels == 234

    def asked(count):
        demand = KeyDemand(ends=("A", "C"), device="aes-256-gcm", tunnels=count, rekey_s=60.0)
        return demand.key_rate_hz

    assert asked(tunnels) <= 2000.0 < asked(tunnels + 1)
    assert device.key_rate_hz * tunnels == pytest.approx(asked(tunnels))


def test_messages_for_a_small_collision_probability():
    # Oracle: PN-F6; and the definition: one message more is above the probability.
    count = LINE.most_messages_for(2.0**-40)
    assert math.log2(count) == pytest.approx(28.5, rel=1e-8)
    assert LINE.collision_probability(count) <= 2.0**-40 < LINE.collision_probability(count + 2)


@pytest.mark.parametrize("probability", [2.0**-40, 1e-9, 0.3])
def test_most_messages_is_the_largest_that_is_allowed(probability):
    # Oracle: the definition, at a size that is searched through.
    device = AesGcm(nonce_bits=16, counter_bits=8)
    allowed = [n for n in range(1, 1000) if device.collision_probability(n) <= probability]
    assert device.most_messages_for(probability) == max(allowed)


def test_counters_never_repeat_until_they_are_used_up():
    # Oracle: SP 800-38D, section 8.2.1: distinct invocation fields give distinct nonces.
    device = AesGcm(nonces="deterministic", counter_bits=64)
    assert device.collision_probability(2**64) == 0.0
    assert device.collision_probability(2**64 + 1) == 1.0
    assert AesGcm(nonces="deterministic", counter_bits=32).most_messages == 2**32


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AesGcm(nonces="lucky"), "nonces must be one of"),
        (lambda: AesGcm(packet_bytes=2**36), "packet_bytes must be at most 68719476704"),
        (lambda: AesGcm(line_rate_bit_per_s=0), "line_rate_bit_per_s must be positive"),
        (lambda: AesGcm(nonce_bits=96, counter_bits=97), "counter_bits must be at most 96"),
        (lambda: MacSec(line_rate_bit_per_s=1e9, packet_number_bits=48), "must be 32 or 64"),
        (lambda: RekeyedTunnels(rekey_s=0.0), "rekey_s must be positive"),
        (lambda: RekeyPolicy(messages=2**32 + 1), "rekey_messages must be at most 2^32"),
        (lambda: RekeyPolicy(seconds=-1.0), "rekey_s must be positive"),
        (lambda: RekeyPolicy(data_bytes=0), "rekey_bytes must be at least 1"),
    ],
)
def test_what_is_no_device_is_refused(make, words):
    with pytest.raises(ParameterError) as found:
        make()
    assert words in str(found.value)
