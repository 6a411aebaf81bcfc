"""Information of Alice, Bob and Eve on sifted bits, exactly, from the classes of rounds."""

from __future__ import annotations

import numpy as np

from protocols.qkd import OutcomeCounts
from tests.oracles import entropy


def conditional(bits, given, weights) -> float:
    """H(bit | given) in bits; ``given`` is a list of columns."""
    keys = np.stack([np.asarray(column, dtype=np.int64) for column in given], axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    joint = np.zeros((group.max() + 1, 2))
    np.add.at(joint, (group.reshape(-1), bits), weights)
    return entropy(joint) - entropy(joint.sum(axis=1))


def known(protocol, *, errors_public: bool = False) -> dict[str, float]:
    """Per sifted bit: H(A|B), I(A;B), H(A|E) and H(B|E), bases public.

    Eve's record is every column of hers: what she did, her outcomes, and the bit itself where she
    has kept a photon to measure once the bases are announced.
    """
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    here = np.asarray(sifted.kept) & (table.probabilities > 0.0)
    weights, columns = table.probabilities[here], table.columns
    alice, bob, basis = sifted.alice[here], sifted.bob[here], sifted.basis[here]
    record = [
        basis,
        *(c[here] for name, c in columns.items() if name.startswith(("eve", "bit_eve"))),
    ]
    if "eve_photon" in columns:
        record.append(np.where(columns["eve_photon"][here] == 1, 1 + alice, 0))
    if errors_public:
        record.append(alice != bob)
    return {
        "H(A|B)": conditional(alice, [basis, bob], weights),
        "I(A;B)": conditional(alice, [basis], weights) - conditional(alice, [basis, bob], weights),
        "H(A|E)": conditional(alice, record, weights),
        "H(B|E)": conditional(bob, record, weights),
    }


def endless(protocol, total: int = 10**14):
    """The result of a run whose counts are their expectations, up to rounding."""
    table = protocol.table()
    counts = np.floor(table.probabilities * total).astype(np.int64)
    return protocol.estimate(OutcomeCounts(table=table, counts=counts, total=int(counts.sum())))
