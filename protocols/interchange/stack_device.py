"""Quantum devices of SquidASM and netsquid-netbuilder: their memory and gates in our terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.interchange.given_keys import GivenKeys
from qnet.errors import ParameterError, check_one_of
from qnet.hardware import Gates, Memory

__all__ = ["StackDevice", "device_of"]

#: Keys of devices that say nothing of a delivered pair.
_BESIDE = ("num_qubits", "num_comm_qubits")

#: Durations of a colour centre's operations that no swap uses, and rotations of the carbon.
_NV_BESIDE = (
    "carbon_init_depolar_prob",
    "carbon_z_rot_depolar_prob",
    "electron_T1",
    "electron_T2",
    "carbon_init",
    "carbon_rot_x",
    "carbon_rot_y",
    "carbon_rot_z",
    "electron_init",
    "electron_rot_y",
    "electron_rot_z",
    "ec_controlled_dir_y",
    "delta_w",
    "tau_decay",
)


@dataclass(frozen=True, slots=True)
class StackDevice:
    """The device of a node, as far as pairs and swaps ask for it.

    Args:
        memory: How its stored qubits decay.
        gates: Errors and durations of a Bell measurement.
        remarks: What was assumed.
    """

    memory: Memory
    gates: Gates
    remarks: tuple[str, ...]


def device_of(stack: GivenKeys) -> StackDevice:
    """The device that a stack describes.

    NetSquid's noise of a two-qubit gate depolarises either qubit by itself with the probability p.
    Before the measurements of a Bell measurement that flips either bit with p/2, and is written as
    an error of the readout; ``two_qubit_depolarizing`` would act on both together.

    Args:
        stack: The entry of the stack.

    Raises:
        ParameterError: If the device is of another type, or a value is wrong.
    """
    kind = check_one_of(
        stack.path("qdevice_typ"), stack.raw("qdevice_typ", "generic"), ("generic", "nv")
    )
    keys = stack.table("qdevice_cfg")
    ignored = keys.ignore(_BESIDE)
    found = _nv(keys) if kind == "nv" else _generic(keys)
    ignored += keys.ignore(_NV_BESIDE) if kind == "nv" else []
    keys.refuse_rest()
    told = f"ignored in qdevice_cfg: {', '.join(ignored)}"
    return StackDevice(found.memory, found.gates, (*found.remarks, *([told] if ignored else [])))


def _generic(keys: GivenKeys) -> StackDevice:
    """A generic device, with the defaults of SquidASM for what is not given."""
    gates = Gates(
        single_qubit_depolarizing=keys.probability("single_qubit_gate_depolar_prob", 0.0),
        single_qubit_time_s=keys.seconds("single_qubit_gate_time", 1_000),
        two_qubit_time_s=keys.seconds("two_qubit_gate_time", 100_000),
        readout_time_s=keys.seconds("measure_time", 10_000),
        **_flips(keys.probability("two_qubit_gate_depolar_prob", 0.01), 0.0, 0.0),
    )
    ignored = keys.ignore(("init_time",))
    remarks = (
        "two_qubit_gate_depolar_prob acts on each qubit: a flip of either readout with half of it",
        "keys of a device that are not given have SquidASM's defaults: T1 10 s, T2 1 s, gate error "
        "0.01",
        *([f"ignored in qdevice_cfg: {', '.join(ignored)}"] if ignored else []),
    )
    return StackDevice(_memory(keys, "T1", 1e10, "T2", 1e9), gates, remarks)


def _nv(keys: GivenKeys) -> StackDevice:
    """A colour centre: pairs are kept in the carbon, the electron is read."""
    gates = Gates(
        single_qubit_depolarizing=keys.probability("electron_single_qubit_depolar_prob", 0.0),
        initialisation_depolarizing=keys.probability("electron_init_depolar_prob", 0.05),
        single_qubit_time_s=keys.seconds("electron_rot_x", 5),
        two_qubit_time_s=keys.seconds("ec_controlled_dir_x", 500_000),
        readout_time_s=keys.seconds("measure", 3_700),
        **_flips(
            keys.probability("ec_gate_depolar_prob", 0.008),
            keys.probability("prob_error_0", 0.05),
            keys.probability("prob_error_1", 0.005),
        ),
    )
    remarks = (
        "a Bell measurement of a colour centre counts as one electron-carbon gate and two readouts "
        "of the electron; moving a pair from the electron to the carbon is left out",
        "ec_gate_depolar_prob acts on each qubit: a flip of either readout with half of it",
        "keys of a device that are not given have SquidASM's defaults",
    )
    return StackDevice(_memory(keys, "carbon_T1", 1.5e11, "carbon_T2", 1.5e9), gates, remarks)


def _flips(gate: float, zero: float, one: float) -> dict[str, Any]:
    """Readout errors with a depolarised qubit before the readout: a flip with half of it."""
    half = gate / 2.0
    return {
        "readout_flip_0": half * (1.0 - one) + (1.0 - half) * zero,
        "readout_flip_1": half * (1.0 - zero) + (1.0 - half) * one,
    }


def _memory(keys: GivenKeys, name_1: str, t1_ns: float, name_2: str, t2_ns: float) -> Memory:
    """A memory with relaxation and dephasing; zero there means none."""
    t1, t2 = keys.decay_time(name_1, t1_ns), keys.decay_time(name_2, t2_ns)
    if t2 > 2.0 * t1 and t2 != float("inf"):
        hint = f"{name_1} is {t1:g} s: give {name_2} too, or 0 for none"
        raise ParameterError(keys.path(name_2), f"be at most twice {name_1}", f"{t2:g} s", hint)
    return Memory(t1_s=t1, t2_s=min(t2, 2.0 * t1))
