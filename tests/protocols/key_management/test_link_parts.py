"""Parts of a link: rounds and spies, plans, alarms, secrets, pace."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from protocols.key_management.link import LinkPlan, SpySpell, load_preshared, make_preshared
from protocols.key_management.link.alarms import LEAST_PERIOD_S, AlarmFile, EdgeWatch, LinkAlarm
from protocols.key_management.link.pace import RunPace
from protocols.key_management.link.preshared import SECRET_BYTES, fresh_number, generation
from protocols.key_management.link.quantum import SpyWatch
from protocols.key_management.link.rounds import RoundSource, record_bytes, record_of
from protocols.key_management.store import KeyStore
from protocols.postprocessing import distil
from protocols.postprocessing.raw_key import RawKey
from protocols.postprocessing.result import AbortReason
from qnet.errors import ParameterError
from qnet.metrics.statistics import proportion_estimate

ENDS = ("A", "B")

BODIES = {
    "bb84": "[detector]\nefficiency = 0.5\nmisalignment = 0.01\n",
    "six-state": "[detector]\nefficiency = 0.5\nmisalignment = 0.01\n",
    "bbm92": "[pair]\nfidelity = 0.97\n[detector]\nefficiency = 0.5\n",
}


def written(folder: Path, kind: str, body: str) -> str:
    """A scenario file."""
    file = folder / f"{kind}.toml"
    file.write_text(f'kind = "{kind}"\n{body}')
    return str(file)


def sifted(alice: RawKey, bob: RawKey) -> tuple[int, int]:
    """Bits in equal bases, and how many differ, of two records: as their ends would find."""
    places = np.searchsorted(np.asarray(alice.rounds), np.asarray(bob.rounds))
    assert np.array_equal(np.asarray(alice.rounds)[places], bob.rounds)
    same = np.asarray(alice.bases)[places] == bob.bases
    differ = np.asarray(alice.bits)[places] != bob.bits
    return int(same.sum()), int((same & differ).sum())


@pytest.mark.parametrize(
    ("kind", "random_share"), [("bb84", 1 / 2), ("six-state", 2 / 3), ("bbm92", 1 / 2)]
)
@pytest.mark.parametrize("fraction", [0.0, 0.1, 1.0])
def test_a_spy_makes_as_many_errors_as_she_guesses_bases_wrong(
    tmp_path: Path, kind: str, random_share: float, fraction: float
) -> None:
    """Oracle: a wrong basis makes a bit random: q + f s (1 - 2 q)/2, s the share of these."""
    plan = LinkPlan(ends=ENDS, protocol=written(tmp_path, kind, BODIES[kind]))
    records = RoundSource(plan).draw(plan.rounds_of(40_000), fraction)
    alice, bob = (record_of(record_bytes("run", each), plan)[1] for each in records)
    kept, wrong = sifted(alice, bob)
    assert abs(kept - 40_000) < 5.0 * math.sqrt(40_000)
    rate = plan.honest + fraction * random_share * (1.0 - 2.0 * plan.honest) / 2.0
    assert abs(wrong / kept - rate) <= 5.0 * math.sqrt(rate * (1.0 - rate) / kept)


def test_a_record_holds_nothing_of_the_other_end() -> None:
    """Oracle: bits of rounds with unequal bases, which are independent of the other end's."""
    plan = LinkPlan(ends=ENDS)
    records = RoundSource(plan).draw(80_000, 0.0)
    assert all("eve" not in name and "alice" not in name for each in records for name in each)
    alice, bob = (record_of(record_bytes("run", each), plan)[1] for each in records)
    places = np.searchsorted(np.asarray(alice.rounds), np.asarray(bob.rounds))
    other = np.asarray(alice.bases)[places] != bob.bases
    equal = float(np.mean((np.asarray(alice.bits)[places] == bob.bits)[other]))
    assert abs(equal - 0.5) < 5.0 * 0.5 / math.sqrt(int(other.sum()))


def test_no_two_sources_draw_the_same() -> None:
    """Oracle: entropy of the operating system; 1000 bits are the same by chance never."""
    plan = LinkPlan(ends=ENDS)
    one, other = RoundSource(plan), RoundSource(plan)
    drawn = {bytes(each.draw(20_000, 0.0)[0]["bits"][:1000]) for each in (one, other, one)}
    assert len(drawn) == 3


@pytest.mark.parametrize("kind", ["bb84", "six-state", "bbm92"])
def test_every_protocol_makes_a_key_in_its_first_run(tmp_path: Path, kind: str) -> None:
    """Oracle: both ends' post-processing, with the devices that they know of the plan."""
    plan = LinkPlan(ends=ENDS, protocol=written(tmp_path, kind, BODIES[kind]), length_km=10.0)
    records = RoundSource(plan).draw(plan.rounds_of(plan.sizes[0]), 0.0)
    raws = [record_of(record_bytes("run", each), plan)[1] for each in records]
    near, far = distil(*raws, settings=plan.settings)
    assert near.secret_bits > 1000, near.sentence
    assert np.array_equal(near.key, far.key)
    assert near.security.notion == "composable"


def test_the_length_of_an_edge_replaces_that_of_its_protocol(tmp_path: Path) -> None:
    """Oracle: 0.2 dB/km over both arms of pairs from the middle, or over the one fibre."""
    bbm92 = LinkPlan(ends=ENDS), LinkPlan(ends=ENDS, length_km=20.0)
    file = written(tmp_path, "bb84", "[fibre]\nlength_km = 5\n" + BODIES["bb84"])
    bb84 = (
        LinkPlan(ends=ENDS, protocol=file, length_km=0.0),
        LinkPlan(ends=ENDS, protocol=file, length_km=20.0),
    )
    lossy = LinkPlan(ends=ENDS, length_km=20.0, fibre={"loss_db_per_km": 0.3})
    for at_once, far, db in ((*bbm92, 4.0), (*bb84, 4.0), (bbm92[0], lossy, 6.0)):
        assert far.sifted_share / at_once.sifted_share == pytest.approx(10.0 ** (-db / 10.0))


def test_the_shipped_protocol_has_the_error_rate_of_the_edge() -> None:
    """Oracle: [link] qber; pairs of Werner parameter 1 - 2 q differ with probability q."""
    assert LinkPlan(ends=ENDS, qber=0.05).honest == pytest.approx(0.05)
    assert LinkPlan(ends=ENDS).honest == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("body", "given", "said"),
    [
        ('kind = "e91"\n', {}, "keep the rounds with equal bases"),
        ('kind = "sarg04"\n', {}, "kind must be one of"),
        ('kind = "mdi"\n', {}, "keep the rounds with equal bases"),
        ("", {"protocol": "qkd/cv"}, "be one of rounds"),
        (
            'kind = "bbm92"\n[source]\nmean_pair_number_half = 0.05\n',
            {"spied": True},
            "attack must not stand",
        ),
        ("", {"qber": 0.5}, "be below 0.5"),
        ("", {"key_rate_hz": -1.0}, "key_rate_hz"),
        ("", {"false_alarm": 2.0}, "false_alarm"),
        ("", {"first_bits": 0}, "first_bits"),
        ("", {"restart_s": 0.0}, "restart_s"),
        (
            'kind = "bb84"\n[fibre]\nlength_km = 3000\n[detector]\nefficiency = 0.1\n',
            {},
            "shorten the fibre",
        ),
    ],
)
def test_a_plan_that_cannot_be_played_is_refused_with_a_sentence(
    tmp_path: Path, body: str, given: dict[str, object], said: str
) -> None:
    """Oracle: `ParameterError`, before anything is started."""
    values = {**given}
    if body:
        (tmp_path / "file.toml").write_text(body)
        values["protocol"] = str(tmp_path / "file.toml")
    if values.pop("spied", False):
        values["attacks"] = (SpySpell(intercept=0.1),)

    def check() -> None:
        plan = LinkPlan(ends=ENDS, **values)
        EdgeWatch(plan.edge, plan.honest, plan.false_alarm).watched(100)

    with pytest.raises(ParameterError, match=said):
        check()


def test_a_run_alarms_without_a_spy_as_seldom_as_is_said() -> None:
    """Oracle: SciPy's binomial tail; runs of a day at the highest rate."""
    limit = EdgeWatch("A--B", 0.02, 1e-6).watched(2000).test.above
    runs = 86_400.0 / LEAST_PERIOD_S
    assert -math.expm1(runs * math.log1p(-binom.sf(limit, 2000, 0.02))) <= 1e-6
    assert -math.expm1(runs * math.log1p(-binom.sf(limit - 1, 2000, 0.02))) > 1e-6


def test_a_spy_of_ten_percent_is_noticed_in_as_many_runs_as_the_power_says() -> None:
    """Oracle: the negative binomial law of the runs until thirty alarms, SciPy's tail per run."""
    plan = LinkPlan(ends=ENDS)
    source, watch = RoundSource(plan), EdgeWatch("A--B", 0.02, 1e-6)
    power = float(binom.sf(watch.watched(2000).test.above, 2000, 0.02 + 0.1 * 0.96 / 4.0))
    assert 0.1 < power < 0.9
    runs = alarms = 0
    while alarms < 30:
        runs += 1
        raws = (
            record_of(record_bytes("r", each), plan)[1]
            for each in source.draw(plan.rounds_of(2200), 0.1)
        )
        alice, bob = raws
        places = np.searchsorted(np.asarray(alice.rounds), np.asarray(bob.rounds))
        same = np.flatnonzero(np.asarray(alice.bases)[places] == bob.bases)[:2000]
        differ = np.asarray(alice.bits)[places][same] != np.asarray(bob.bits)[same]
        found = proportion_estimate(int(differ.sum()), 2000)
        alarms += watch.look(str(runs), found, 0.0) is not None
    # Failures before the thirtieth alarm, within 1e-6 on either side.
    law = nbinom(30, power)
    assert law.ppf(1e-6) <= runs - 30 <= law.isf(1e-6)


def test_what_is_missed_is_the_rest_of_the_power() -> None:
    """Oracle: SciPy's binomial law at the error rate that a spy makes."""
    plan, watch = LinkPlan(ends=ENDS), EdgeWatch("A--B", 0.02, 1e-6)
    assert plan.error_rate(0.1) == pytest.approx(0.044)
    found = watch.misses(3000, {0.1: plan.error_rate(0.1)})
    limit = watch.watched(3000).test.above
    assert found == {0.1: pytest.approx(binom.cdf(limit, 3000, 0.044))}


def test_an_alarm_says_how_likely_it_was_missed() -> None:
    """Oracle: SciPy's binomial: one run, and the runs until 99 %."""
    watch = EdgeWatch("A--B", 0.02, 1e-6)
    limit = watch.watched(2000).test.above
    alarm = watch.look("r", proportion_estimate(limit + 2, 2000), 5.0)
    assert alarm is not None
    miss = float(binom.cdf(limit, 2000, (limit + 2) / 2000))
    assert alarm.missed == pytest.approx(miss)
    assert alarm.runs_to_notice == math.ceil(math.log(0.01) / math.log(miss))
    assert "A--B" in alarm.sentence


def test_alarms_outlive_the_process_and_are_cleared_once(tmp_path: Path) -> None:
    """Oracle: a second object on the same file."""
    alarm = LinkAlarm(
        edge="A--B",
        run="r",
        errors=9,
        compared=10,
        expected=0.0,
        missed=0.0,
        runs_to_notice=1,
        at=1.0,
    )
    file = AlarmFile(tmp_path / "alarms" / "A--B.json")
    assert file.raise_(alarm)
    assert not file.raise_(alarm)
    again = AlarmFile(tmp_path / "alarms" / "A--B.json")
    assert again.alarm == alarm
    assert again.clear()
    assert not again.clear()
    assert not AlarmFile(tmp_path / "alarms" / "A--B.json").raise_(alarm), "it was cleared"
    assert (tmp_path / "alarms" / "A--B.json").stat().st_mode & 0o77 == 0


def test_a_spy_comes_and_goes_as_her_file_says(tmp_path: Path) -> None:
    """Oracle: what is written; a file in the making changes nothing."""
    file = tmp_path / "A--B.json"
    times = iter(range(100))
    plan = LinkPlan(ends=ENDS, attacks=(SpySpell(intercept=0.4, from_s=3.0, to_s=5.0),))
    watch = SpyWatch(plan, file, lambda: float(next(times)))
    assert watch.fraction() == 0.0
    file.write_text(json.dumps({"intercept": 0.3}))
    assert watch.fraction() == 0.3
    assert watch.fraction() == 0.4
    file.write_text('{"inter')
    assert watch.fraction() == 0.4
    assert watch.fraction() == 0.3
    file.write_text('{"intercept": 7}')
    assert watch.fraction() == 0.3
    file.unlink()
    assert watch.fraction() == 0.0


def test_secrets_are_loaded_once_and_leave_the_file(tmp_path: Path) -> None:
    """Oracle: the store, which both ends have alike; the second file is used after the first."""
    files = [tmp_path / name / "A--B.bin" for name in ENDS]
    make_preshared(files, 3)
    secret = files[0].read_bytes()[-SECRET_BYTES:]
    with pytest.raises(ParameterError, match="be loaded"):
        make_preshared(files, 3)
    with KeyStore(tmp_path / "keys.sqlite") as store, KeyStore(tmp_path / "b.sqlite") as other:
        assert [
            load_preshared(file, "A--B", s) for file, s in zip(files, (store, other), strict=True)
        ] == [3, 3]
        assert load_preshared(files[0], "A--B", store) == 0
        assert secret not in files[0].read_bytes()
        number, taken = store.next_secret("A--B")
        assert other.next_secret("A--B", number) == (number, taken)
        fresh = fresh_number(number)
        assert generation(fresh) == 1
        store.add_secret("A--B", fresh, bytes(SECRET_BYTES))
        make_preshared(files, 2)
        assert load_preshared(files[0], "A--B", store) == 2
        left = [store.next_secret("A--B")[0] for _ in range(store.secrets_left("A--B"))]
        assert len(left) == 5
        assert [generation(each) for each in left] == [0, 0, 1, 0, 0]


def test_a_load_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    """Oracle: a store that refuses the second secret at first; none is lost or comes twice."""
    files = [tmp_path / name / "A--B.bin" for name in ENDS]
    make_preshared(files, 3)

    class Breaks(Exception):
        pass

    with KeyStore(tmp_path / "keys.sqlite") as store:
        with pytest.MonkeyPatch.context() as patch:

            def add(edge: str, number: int, material: bytes) -> None:
                if store.secrets_left(edge) == 1:
                    raise Breaks
                KeyStore.add_secret(store, edge, number, material)

            patch.setattr(store, "add_secret", add)
            with pytest.raises(Breaks):
                load_preshared(files[0], "A--B", store)
        used = store.next_secret("A--B")[0]
        assert load_preshared(files[0], "A--B", store) == 3
        assert store.secrets_left("A--B") == 2
        assert store.next_secret("A--B")[0] > used


@pytest.mark.parametrize("content", [b"", b"qnet", b"qnet pre-shared secrets x\n", None])
def test_a_file_of_secrets_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Oracle: `ParameterError`."""
    file = tmp_path / "A--B.bin"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0o600)
    with (
        KeyStore(tmp_path / "keys.sqlite") as store,
        pytest.raises(ParameterError, match="preshared"),
    ):
        load_preshared(file, "A--B", store)


def test_a_file_of_secrets_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """Oracle: `ParameterError`."""
    files = [tmp_path / name / "A--B.bin" for name in ENDS]
    make_preshared(files, 1)
    files[0].chmod(0o644)
    with KeyStore(tmp_path / "keys.sqlite") as store, pytest.raises(ParameterError, match="owner"):
        load_preshared(files[0], "A--B", store)


def test_pauses_grow_after_runs_without_key_and_sizes_where_bits_were_too_few() -> None:
    """Oracle: the rule: doubled pauses up to a limit; doubled runs up to the largest."""
    pace = RunPace(LinkPlan(ends=ENDS, first_bits=100, most_bits=400), 0.0)
    now, pauses = 0.0, []
    for _ in range(12):
        pace.begin(now)
        pace.done(0, AbortReason.AUTHENTICATION_FAILED, now)
        pauses.append(pace.pause(now))
        now += pauses[-1]
    assert np.all(np.diff(pauses) > -1e-9)
    assert pauses[-1] == pytest.approx(5.0)
    assert pace.bits(0) == 100
    pace.done(0, AbortReason.CHANNEL_CLOSED, now, secrets_left=3)
    assert pace.pause(now) == pytest.approx(60.0)
    for wanted in (200, 400, 400):
        pace.done(0, AbortReason.TOO_FEW_BITS, now)
        assert pace.bits(0) == wanted


def test_a_pace_gives_key_at_its_rate() -> None:
    """Oracle: the sum of what the runs gave over the time that they took, to one run."""
    pace = RunPace(LinkPlan(ends=ENDS, key_rate_hz=1000.0), 0.0)
    now = made = 0.0
    for _ in range(50):
        now += pace.pause(now)
        pace.begin(now)
        now += 0.01
        pace.done(500, None, now)
        made += 500
    assert abs(made / 1000.0 - now) < 1.5


def test_a_store_with_little_room_gets_key_at_the_rate_that_is_asked_for():
    """Oracle: by hand, of 20,000 bits 2,000 are kept: at 2,000 bit/s the next run is due after 1 s.

    Where nothing is kept the pause is half a second, so that a full store costs little work.
    """
    plan = LinkPlan(ends=("A", "B"), key_rate_hz=2000.0)
    for dropped, pause in ((0, 10.0), (18_000, 1.0), (20_000, 0.5)):
        pace = RunPace(plan, 0.0)
        pace.begin(0.0)
        pace.done(20_000, None, 0.2)
        pace.dropped(dropped)
        assert pace.pause(0.0) == pytest.approx(pause)
