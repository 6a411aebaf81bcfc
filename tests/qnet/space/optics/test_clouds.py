"""Clouds against closed forms, correlations of Gaussian processes, and independent stations."""

import math

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

from qnet.errors import ParameterError
from qnet.space import GroundStation
from qnet.space.optics import (
    CloudField,
    any_clear_probability,
    clear_probability,
    distances_km,
)

HOUR = 3600.0


def test_free_lines_of_sight():
    """Oracle: reference values at 90, 45 and 20 degrees; limits."""
    found = clear_probability(0.4, [90.0, 45.0, 20.0])
    assert found == pytest.approx([0.6, 0.564892173, 0.419800168], rel=1e-8)
    assert np.all(np.diff(clear_probability(0.4, np.linspace(1.0, 90.0, 90))) > 0.0)
    assert clear_probability(0.4, [10.0, 60.0], aspect=0.0) == pytest.approx(0.6)
    assert float(clear_probability(0.0, 5.0)) == 1.0
    assert float(clear_probability(1.0, 5.0)) == 0.0
    assert float(clear_probability(0.4, 0.0)) == 0.0


def test_stations_that_are_independent():
    """Oracle: 1 - .65 * .55 * .40, and the field of no length."""
    assert any_clear_probability([0.35, 0.45, 0.60]) == pytest.approx(0.857, rel=1e-12)
    field = CloudField(correlation_h=12.0, correlation_km=0.0)
    apart = 1.0 - np.eye(3)
    chance = np.array([[0.35], [0.45], [0.60]])
    clear = field.clear([0.0], apart, chance, samples=200_000, seed=5)
    share = clear.any(axis=1).mean()
    assert abs(share - 0.857) < 5.0 * math.sqrt(0.857 * 0.143 / 200_000)


def test_stations_of_the_same_weather():
    """Oracle: two sites in one place see the same; between, fewer clear skies than independent."""
    field = CloudField(correlation_h=12.0, correlation_km=200.0)
    chance = np.full((2, 1), 0.4)

    def share(apart):
        distances = np.array([[0.0, apart], [apart, 0.0]])
        clear = field.clear([0.0], distances, chance, samples=100_000, seed=2)
        return clear.any(axis=1).mean()

    error = 5.0 * math.sqrt(0.25 / 100_000)
    together, near, far = share(0.0), share(50.0), share(1e5)
    assert abs(together - 0.4) < error
    assert abs(far - 0.64) < error
    assert together + 2.0 * error < near < far - 2.0 * error


def test_numbers_are_uniform_and_their_correlation_is_that_of_the_field():
    """Oracle: Kolmogorov-Smirnov; exp(-dt/T) exp(-d/L) of the normal numbers; 5 standard errors."""
    field = CloudField(correlation_h=6.0, correlation_km=150.0)
    times = HOUR * np.array([0.0, 2.0, 9.0])
    distances = np.array([[0.0, 100.0, 400.0], [100.0, 0.0, 350.0], [400.0, 350.0, 0.0]])
    samples = 100_000
    drawn = field.uniforms(times, distances, samples=samples, seed=11)
    assert drawn.shape == (samples, 3, 3)
    for station, time in ((0, 0), (1, 2), (2, 1)):
        assert kstest(drawn[:, station, time], "uniform").pvalue > 1e-6
    normal = ndtri(drawn).reshape(samples, 9)
    found = normal.T @ normal / samples
    lag = np.abs(times[:, None] - times) / (6.0 * HOUR)
    expected = np.kron(np.exp(-distances / 150.0), np.exp(-lag))
    assert np.abs(found - expected).max() < 5.0 * math.sqrt(2.0 / samples)


def test_marginals_are_exact_at_every_elevation():
    """Oracle: the binomial law of 50,000 weathers, at a pass of three elevations."""
    field = CloudField(correlation_h=12.0, correlation_km=200.0)
    chance = clear_probability(0.4, [20.0, 90.0, 45.0])
    clear = field.clear([0.0, 60.0, 120.0], np.zeros((1, 1)), chance, samples=50_000, seed=4)
    error = np.sqrt(chance * (1.0 - chance) / 50_000)
    assert np.all(np.abs(clear[:, 0].mean(axis=0) - chance) < 5.0 * error)


def test_what_is_free_below_is_free_above():
    """Oracle: one number for a sky: at one moment the lower line is the first to be covered."""
    field = CloudField(correlation_h=12.0, correlation_km=200.0)
    drawn = field.uniforms([0.0], np.zeros((1, 1)), samples=1000, seed=1)
    low, high = clear_probability(0.5, 15.0), clear_probability(0.5, 60.0)
    assert not np.any((drawn < low) & ~(drawn < high))


def test_seeds_and_repeated_times():
    field = CloudField(correlation_h=12.0, correlation_km=200.0)
    one = field.uniforms([0.0, 60.0, 60.0], np.zeros((1, 1)), seed=3)
    assert np.array_equal(one, field.uniforms([0.0, 60.0, 60.0], np.zeros((1, 1)), seed=3))
    assert not np.array_equal(one, field.uniforms([0.0, 60.0, 60.0], np.zeros((1, 1)), seed=4))
    assert one[0, 0, 1] == one[0, 0, 2]
    each = CloudField(correlation_h=0.0).uniforms([0.0, 60.0, 60.0], np.zeros((1, 1)), seed=3)
    assert each[0, 0, 0] != each[0, 0, 1] == each[0, 0, 2]
    assert field.uniforms([], np.zeros((2, 2)), samples=4, seed=1).shape == (4, 2, 0)


def test_distances():
    """Oracle: the spherical law of cosines, between two observatories."""
    stations = [
        GroundStation(name="Delingha", latitude_deg=37.378, longitude_deg=97.727),
        GroundStation(name="Lijiang", latitude_deg=26.693, longitude_deg=100.028),
    ]
    across = distances_km(stations)
    one, two = (np.deg2rad([s.latitude_deg, s.longitude_deg]) for s in stations)
    cosine = math.sin(one[0]) * math.sin(two[0])
    cosine += math.cos(one[0]) * math.cos(two[0]) * math.cos(one[1] - two[1])
    assert across[0, 1] == across[1, 0] == pytest.approx(6371.0 * math.acos(cosine), rel=1e-9)
    assert across[0, 0] == 0.0


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (lambda: clear_probability(1.2, 45.0), r"cloud_fraction must lie in \[0, 1\]"),
        (lambda: clear_probability(0.5, 45.0, aspect=-1.0), "aspect must not be negative"),
        (lambda: any_clear_probability([0.5, 1.5]), r"probabilities\[1\] must lie in \[0, 1\]"),
        (lambda: CloudField(correlation_h=-1.0), "correlation_h must not be negative"),
        (lambda: CloudField(correlation_km=math.nan), "correlation_km must be a finite number"),
        (
            lambda: CloudField().uniforms([1.0, 0.0], np.zeros((1, 1)), seed=1),
            "times_s must ascend",
        ),
        (
            lambda: CloudField().uniforms([0.0], np.array([[0.0, 1.0], [2.0, 0.0]]), seed=1),
            "distances_km must be those of places",
        ),
    ],
)
def test_malformed_clouds(work, message):
    with pytest.raises(ParameterError, match=message):
        work()
