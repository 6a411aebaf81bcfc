"""Stations and gates of a backend: the pair that errs least, and noise that a simulator plays."""

import numpy as np
import pytest
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qnet import Abstract, Gates, ParameterError, Station, Swap, play
from qnet.instrument import DeviceGates
from qnet.noise import from_backend
from qnet.noise.calibration import best_pair
from qnet.states import werner

DEVICE = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=3)
LINK = Abstract(success_probability=1.0, attempt_time_s=1e-6, state=werner(0.98)).link()


def swapped(station):
    return play(Swap(left=LINK, right=LINK, station=station), engine="exact").fidelity.best


def test_a_backend_stands_in_place_of_gates():
    # Oracle: the station whose gates are given outright.
    gates = DeviceGates.from_backend(DEVICE, (1, 2))
    station = Station(noise=DEVICE, qubits=(1, 2), success_probability=0.5)
    assert station == Station(gates=gates, success_probability=0.5)
    assert Gates.from_backend(DEVICE, (1, 2)) == gates
    assert hash(station) == hash(Station(gates=gates, success_probability=0.5))


def test_the_pair_of_least_errors_is_taken():
    # Oracle: every pair of the line, by the numbers of the target.
    target = DEVICE.target

    def kept(pair):
        readouts = [1.0 - target["measure"][(qubit,)].error for qubit in pair]
        on = [each for each in (pair, pair[::-1]) if each in target["cx"]]
        return (1.0 - min(target["cx"][each].error for each in on)) * np.prod(readouts)

    best = max([(0, 1), (1, 2), (2, 3), (3, 4)], key=kept)
    assert best_pair(target) == best
    station = Station(noise=DEVICE)
    assert station.gates.device.qubits == best
    assert swapped(station) == max(
        swapped(Station(noise=DEVICE, qubits=pair)) for pair in [(0, 1), (1, 2), (2, 3), (3, 4)]
    )


def test_a_simulator_has_the_noise_that_it_plays():
    # Oracle: the fake backend that it was made from; and a model of one's own, of which the target
    # of the simulator says nothing.
    fake = FakeManilaV2()
    same = AerSimulator.from_backend(fake)
    assert swapped(Station(noise=same, qubits=(1, 2))) == pytest.approx(
        swapped(Station(noise=fake, qubits=(1, 2))), abs=1e-9
    )
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    model.add_all_qubit_readout_error([[0.98, 0.02], [0.02, 0.98]])
    own = AerSimulator(noise_model=model)
    assert from_backend(own).model is model
    gates = Gates.from_backend(own, (0, 1))
    assert gates.two_qubit_depolarizing == pytest.approx(0.1)
    assert swapped(Station(noise=own)) == pytest.approx(
        swapped(
            Station(
                gates=Gates(two_qubit_depolarizing=0.1, readout_flip_0=0.02, readout_flip_1=0.02)
            )
        ),
        abs=1e-9,
    )
    assert swapped(Station(noise=AerSimulator())) == pytest.approx(swapped(Station(perfect=True)))


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("station.gates must be given", {}),
        ("station.noise must stand alone", {"noise": DEVICE, "gates": Gates()}),
        ("station.noise must stand alone", {"noise": DEVICE, "perfect": True}),
        ("station.qubits must come with a backend", {"qubits": (0, 1), "perfect": True}),
        ("backend must be a BackendV2", {"noise": "manila"}),
        ("qubits must be two", {"noise": DEVICE, "qubits": (0, 1, 2)}),
        ("qubits must be different qubits", {"noise": DEVICE, "qubits": (0, 7)}),
        ("couples directly", {"noise": DEVICE, "qubits": (0, 4)}),
        ("backend must couple two qubits", {"noise": AerSimulator(basis_gates=["x", "sx"])}),
    ],
)
def test_what_is_no_station_of_a_device_is_refused(text, arguments):
    with pytest.raises(ParameterError, match=text):
        Station(**arguments)
