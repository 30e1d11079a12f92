"""Studies: the same points whoever computes them, the true Pareto front, results that survive an interruption."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cmxdsl
from cmxdsl.studies.evaluate import Outcome
from cmxdsl.studies.plan import Plan, Question, StudyFault, points
from cmxdsl.studies.planning import Lines, plan_of, with_study
from cmxdsl.studies.results import best, effects, ranked, reasons
from cmxdsl.studies.run import cluster, processes, run
from cmxdsl.studies.store import Store
from cmxdsl.studies.tables import Results, write_study

from .test_cli import cmx

TEXT = """
chip Gpu { role = accelerator; price = 20_000 USD; power { peak = 700 W; typical = 500 W }; compute.bf16 = 1 PFLOPS }
chip Big : Gpu { price = 30_000 USD; compute.bf16 = 2 PFLOPS }
rack R(gpu: chip = Gpu, n: count = 8) { height = 42 U; price = 10_000 USD; mass = 100 kg; g[n]: gpu }
system S(racks: count = 4, gpu: chip = Gpu, each: count = 8) {
    rack[racks]: R(gpu = gpu, n = each)
    require total(power.peak) <= 200 kW
    study size {
        vary racks in 4..16 step 4
        vary gpu in [Gpu, Big]
        vary each in 8..72 step 8
        keep total(power.peak) <= 150 kW
        report usd = total(price), count(Gpu)
        minimize price = total(price)
        maximize compute = total(compute.bf16)
    }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.cmx"
    path.write_text(TEXT)
    return path


def plan_for(path: Path, **sampling: object) -> Plan:
    return plan_of(cmxdsl.load(path), str(path), None, {}, "size", **sampling)  # type: ignore[arg-type]


def by_hand() -> dict[tuple[str, ...], tuple[float, float] | None]:
    """Price and compute of each point; None where it breaks the requirement or what is kept to."""
    found: dict[tuple[str, ...], tuple[float, float] | None] = {}
    for racks, gpu, each in product(range(4, 17, 4), ("Gpu", "Big"), range(8, 73, 8)):
        many = racks * each
        fits = many * 700 <= 150_000
        price = many * (20_000 if gpu == "Gpu" else 30_000) + racks * 10_000
        compute = many * (1e15 if gpu == "Gpu" else 2e15)
        found[str(racks), gpu, str(each)] = (price, compute) if fits else None
    return found


def test_every_point_by_hand(file: Path) -> None:
    plan = plan_for(file)
    outcomes = run(plan, points(plan), None)
    told = {o.point: (o.figures[3][0], o.figures[4][0]) if o.feasible else None for o in outcomes}  # type: ignore[index]
    assert told == by_hand()
    assert dict(reasons(outcomes)) == {
        "CMX0901: require total(power.peak) <= 200 kW": sum(int(r) * int(e) * 700 > 200_000 for r, _, e in told),
        "keep total(power.peak) <= 150 kW": sum(150_000 < int(r) * int(e) * 700 <= 200_000 for r, _, e in told),
    }
    known = {p: v for p, v in by_hand().items() if v is not None}
    front = {
        p
        for p, (price, compute) in known.items()
        if not any(a <= price and b >= compute and (a, b) != (price, compute) for a, b in known.values())
    }
    assert {o.point for o in best(plan, outcomes)} == front


def test_processes_give_the_same_bytes(file: Path) -> None:
    plan = plan_for(file)
    wanted = points(plan)
    texts = {
        write_study(Results(plan, tuple(run(plan, wanted, pool))), format)
        for pool in (None, processes(2))
        for format in ("json",)
    }
    assert len(texts) == 1


def test_an_interrupted_study_goes_on(file: Path, tmp_path: Path) -> None:
    plan, store = plan_for(file), Store(tmp_path / "r.sqlite")
    wanted = points(plan)

    def stop(done: int, _: int) -> None:
        if done >= 50:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(plan, wanted, None, store, stop)
    assert not store.path.exists()
    assert len(store.begun(plan)) == 50
    told: list[int] = []
    outcomes = run(plan, wanted, None, store, lambda done, _: told.append(done))
    assert told[0] > 50 and outcomes == run(plan, wanted, None)
    assert store.path.exists() and not store.part.exists()
    whole = store.path.read_bytes()
    again = Store(tmp_path / "again.sqlite")
    run(plan, wanted, processes(2), again)
    assert again.path.read_bytes() == whole


def test_results_of_another_study_are_left_alone(file: Path, tmp_path: Path) -> None:
    plan, store = plan_for(file), Store(tmp_path / "r.sqlite")
    run(plan, points(plan), None, store)
    whole = store.path.read_bytes()
    file.write_text(TEXT.replace("30_000", "40_000"))
    other = plan_for(file)
    with pytest.raises(StudyFault, match="another study"):
        run(other, points(other), None, store)
    assert store.path.read_bytes() == whole
    store.path.write_bytes(b"not a database, but somebody's file")
    with pytest.raises(StudyFault, match="name another file"):
        run(other, points(other), None, store)
    assert store.path.read_bytes().startswith(b"not a database")


def test_draws_are_seeded_and_limited(file: Path) -> None:
    one, same, other = (points(plan_for(file, sampling="random", count=20, seed=s)) for s in (1, 1, 2))
    assert one == same != other and len(set(one)) == 20
    latin = points(plan_for(file, sampling="latin", count=36, seed=3))
    assert latin == points(plan_for(file, sampling="latin", count=36, seed=3))
    with pytest.raises(StudyFault, match="72 points"):
        points(plan_for(file), limit=71)


@given(st.integers(1, 60), st.integers(0, 99))
def test_a_latin_hypercube_takes_each_slice_once(many: int, seed: int) -> None:
    """With as many values as points each value is drawn exactly once."""
    values = tuple(str(k) for k in range(many))
    plan = Plan("f", "r", (), "S", (), "s", (("a", values), ("b", values)), (), "latin", many, seed)
    drawn = list(points(plan))
    assert sorted(int(a) for a, _ in drawn) == sorted(int(b) for _, b in drawn) == list(range(many))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=40),
    st.integers(1, 3),
)
def test_the_front_is_what_nothing_beats(values: list[tuple[int, int, int]], goals: int) -> None:
    kinds = ("minimize", "maximize", "minimize")[:goals]
    plan = Plan("f", "r", (), "S", (), "s", (), tuple(Question(k, k, k) for k in kinds))
    outcomes = [Outcome(n, (), "", tuple((float(x), "") for x in v[:goals])) for n, v in enumerate(values)]
    signed = [tuple(-x if k == "maximize" else x for k, x in zip(kinds, v, strict=False)) for v in values]
    unbeaten = {
        n
        for n, one in enumerate(signed)
        if not any(o != one and all(a <= b for a, b in zip(o, one, strict=True)) for o in signed)
    }
    assert {o.number for o in best(plan, outcomes)} == unbeaten
    assert [o.number for o in ranked(plan, outcomes)] == sorted(range(len(values)), key=lambda n: (signed[n], n))


def test_effects_by_hand() -> None:
    plan = Plan("f", "r", (), "S", (), "s", (("a", ("1", "2")), ("b", ("x", "y"))), (Question("minimize", "m", "m"),))
    rows = [(("1", "x"), 1.0), (("1", "y"), 3.0), (("2", "x"), 5.0), (("2", "y"), 7.0)]
    outcomes = [Outcome(n, p, "", ((v, ""),)) for n, (p, v) in enumerate(rows)]
    strongest, second = effects(plan, outcomes, 0)
    assert (strongest.parameter, strongest.low, strongest.high) == ("a", 2.0, 6.0)
    assert (second.parameter, second.low_at, second.high_at, second.spread) == ("b", "x", "y", 2.0)


def test_lines_of_the_command_are_the_statement(file: Path) -> None:
    lines = Lines(
        vary=("racks=4..16 step 4", "gpu=[Gpu, Big]", "each=8..72 step 8"),
        keep=("total(power.peak) <= 150 kW",),
        report=("usd = total(price)", "count(Gpu)"),
        minimize=("price = total(price)",),
        maximize=("compute = total(compute.bf16)",),
    )
    design = with_study(cmxdsl.load(file), str(file), None, {}, lines)
    asked = plan_of(design, str(file), None, {}, "asked")
    assert asked.varies == plan_for(file).varies
    assert {o.point: o.feasible for o in run(asked, points(asked), None)} == {
        p: v is not None for p, v in by_hand().items()
    }


def test_command(file: Path, tmp_path: Path) -> None:
    shown = cmx("study", str(file), "--jobs", "1").stdout.decode()
    assert "72 points" in shown and "the Pareto front" in shown and "cmx build" in shown
    rows = list(csv.DictReader(io.StringIO(cmx("study", str(file), "size", "--format", "csv").stdout.decode())))
    assert len(rows) == 72 and {r["feasible"] for r in rows} == {"yes", "no"}
    told = json.loads(cmx("study", str(file), "--latin", "9", "--format", "json").stdout)
    assert told["grid"] == 72 and 0 < len(told["points"]) <= 9
    store = tmp_path / "r.sqlite"
    assert cmx("study", str(file), "--store", str(store)).returncode == 0
    assert sqlite3.connect(store).execute("SELECT count(*) FROM point").fetchone() == (72,)
    for arguments, said in [
        (("size", "--report", "1"), b"not both"),
        (("sise",), b"did you mean `size`"),
        (("--limit", "5"), b"72 points"),
        (("--random", "2", "--latin", "2"), b"two ways"),
        (("--search", "2", "--latin", "2"), b"two ways"),
        (("--scheduler", "tcp://127.0.0.1:9"), b"does not answer"),
    ]:
        refused = cmx("study", str(file), *arguments)
        assert refused.returncode == 2 and said in refused.stderr, refused.stderr
    wrong = cmx("study", str(file), "--vary", "rakcs=1..2", "--report", "total(price)")
    assert wrong.returncode == 1 and b"did you mean `racks`" in wrong.stderr


def test_a_cluster_of_which_a_worker_dies(file: Path, tmp_path: Path) -> None:
    """A real scheduler and two real workers, one of which is killed half-way: nothing lost, nothing twice."""
    pytest.importorskip("distributed")
    environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False"}
    address = tmp_path / "scheduler.json"

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        program = f"import sys; from distributed.cli.{arguments[0]} import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments[1:]],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )

    dashboard = ("--no-dashboard",)
    started = [
        start("dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(address), *dashboard)
    ]
    try:
        deadline = time.monotonic() + 60
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        worker = ("dask_worker", "--scheduler-file", str(address), "--nthreads", "1", "--no-nanny", *dashboard)
        started += [start(*worker), start(*worker)]
        url = json.loads(address.read_text())["address"]
        plan = plan_for(file)
        wanted = points(plan)
        killed: list[int] = []

        def kill(done: int, _: int) -> None:
            if not killed and done < len(wanted):
                killed.append(done)
                os.killpg(started[1].pid, signal.SIGKILL)

        outcomes = run(plan, wanted, cluster(url), None, kill)
        assert killed and outcomes == run(plan, wanted, None)
    finally:
        for process in started:
            process.kill()
            process.wait()
