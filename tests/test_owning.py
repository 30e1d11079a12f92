"""Owning a machine: cost against discounted payments, blast radius against networkx, jobs against chance, spares and
usable accelerators against the textbook distributions."""

from __future__ import annotations

import json
import random
from collections import Counter
from fractions import Fraction
from math import isclose
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cmxdsl
from cmxdsl.analysis.ownership.cost import annuity, cost
from cmxdsl.analysis.reliability.failing import Failing, failing
from cmxdsl.analysis.reliability.jobs import best_interval, checkpoints, goodput, interruptions
from cmxdsl.analysis.reliability.simulate import play
from cmxdsl.analysis.reliability.spares import spares
from cmxdsl.analysis.reliability.usable import usable
from cmxdsl.design import Design
from cmxdsl.units import Quantity
from cmxdsl.units.dimension import TIME

from .test_cli import cmx

PARTS = """
protocol Net { plane = scale_out; rate = 400 Gb/s }
chip Gpu {
    role = accelerator; compute.bf16 = 1 PFLOPS; price = 20_000 USD; failure_rate = 12_000 FIT
    power { typical = 500 W; peak = 700 W }
    port net: Net
}
chip Cpu { role = processor; price = 3_000 USD; failure_rate = 400 FIT; power { typical = 200 W; peak = 300 W } }
switch Leaf {
    port p[64]: Net
    price = 20_000 USD; failure_rate = 2_000 FIT; power { typical = 1 kW; peak = 1.5 kW }
}
optic O { rate = 400 Gb/s; price = 500 USD; failure_rate = 500 FIT; power { typical = 8 W; peak = 10 W }; fiber = F }
fiber F { mode = single_mode; price = 10 USD }
cable C { rate = 400 Gb/s; price = 50 USD; failure_rate = 50 FIT; reach = 3 m }
chassis Node { mass = 100 kg; height = 8 U; gpu[8]: Gpu; cpu[2]: Cpu; failure_rate = 800 FIT; port net[g] = gpu[g].net }
"""
RACKS = """
rack R {
    mass = 200 kg; height = 48 U; price = 5_000 USD
    node[4]: Node
    tor: Leaf
    link node[n].net[g] -- tor.p[8*n + g] over C
    port up[u] = tor.p[32 + u] for u in 0..15
}
system S {
    rack[2]: R
    spine[2]: Leaf
    link rack[r].up[8*s + k] -- spine[s].p[8*r + k] over O for s in 0..1, k in 0..7
    %s
}
"""
STATED = """
    pue = 1.3
    repair_time = 24 h; lead_time = 30 day
    cost {
        installation = 5%; spares = 2%; support = 4%; energy = 0.1 USD/kWh; lease = 130 USD/kW/month; staff = 20 USD/h
        capital = 8%; life = 4 year; utilization = 80%
    }
    checkpoint { size = 1 TB; rate = 40 GB/s; restart = 10 min }
"""


def machine(stated: str = STATED, parts: str = PARTS) -> Design:
    design = cmxdsl.loads(parts + RACKS % stated)
    assert design.ok, design.explain()
    return design


# --- cost -----------------------------------------------------------------------------------------------------


@given(st.integers(0, 30), st.integers(1, 40))
def test_level_payments_repay_a_purchase(percent: int, years: int) -> None:
    """Discounted at the same rate, the payments are worth the price: the definition of an annuity."""
    interest = Fraction(percent, 100)
    payment = annuity(interest, Fraction(years))
    assert sum(payment / (1 + interest) ** year for year in range(1, years + 1)) == 1


def test_broken_years_lie_between_whole_ones() -> None:
    whole, half, next_ = (annuity(Fraction(8, 100), Fraction(n, 2)) for n in (8, 9, 10))
    assert whole > half > next_
    assert isclose(float(annuity(Fraction(8, 100), Fraction(1201, 300))), float(whole), rel_tol=1e-3)


def test_cost_of_a_machine_worked_out_by_hand() -> None:
    found = cost(machine().subject)
    assert {p.group: (p.parts, float(p.price.value.value)) for p in found.purchases if p.price.value is not None} == {
        "accelerators": (64, 1_280_000),
        "network devices": (4, 80_000),
        "host processors": (16, 48_000),
        "optics and cables": (64 + 32 + 64, 64 * 500 + 32 * 10 + 64 * 50),
        "boards, chassis, racks and the rest": (2, 10_000),
    }
    price = 1_453_520
    factor = 0.08 / (1 - 1.08**-4)
    watts, peak = 64 * 500 + 16 * 200 + 4 * 1000 + 64 * 8, 64 * 700 + 16 * 300 + 4 * 1500 + 64 * 10
    by_hand = {
        "installation": 0.05 * price * factor,
        "spares": 0.02 * price * factor,
        "support": 0.04 * price,
        "energy": watts / 1000 * 1.3 * 8766 * 0.1,
        "lease": peak / 1000 * 130 * 12,
        "staff": 20 * 8766,
    }
    yearly = {e.name: float(e.yearly.value.value) for e in found.expenses if e.yearly.value is not None}
    assert yearly == pytest.approx(by_hand)
    assert found.yearly.known and found.yearly.value is not None
    assert float(found.yearly.value.value) == pytest.approx(sum(by_hand.values()) + price * factor)
    hour = found.each(64).value
    assert hour is not None
    assert float(hour.value) == pytest.approx(float(found.yearly.value.value) / 8766 / 64 / 0.8)


def test_what_is_not_stated_keeps_the_whole_unknown() -> None:
    design = machine("pue = 1.3; cost { capital = 8%; life = 4 year }")
    reply = design.ask("tco(4 year)")
    assert reply.text.startswith("unknown, at least")
    for name in ("cost.installation", "cost.spares", "cost.support", "cost.energy", "cost.lease", "cost.staff"):
        assert name in " ".join(reply.lacking)
    bare = machine("")
    assert bare.ask("tco(1 year)").text == "unknown"
    assert "cost.capital" in " ".join(bare.ask("tco(1 year)").lacking)


def test_a_part_without_a_price_is_missing_and_a_free_one_is_not() -> None:
    without = machine(parts=PARTS.replace("price = 3_000 USD; ", ""))
    assert "price of Cpu" in without.ask("tco(4 year)").lacking
    free = machine(parts=PARTS.replace("price = 3_000 USD", "price = 0 USD"))
    assert free.ask("tco(4 year)").value is not None and not free.ask("tco(4 year)").lacking


def test_a_part_that_lives_for_no_time_is_not_written_off() -> None:
    reply = machine("pue = 1.3; cost { capital = 8%; life = 0 year; energy = 0.1 USD/kWh }").ask("tco(1 year)")
    assert any("life" in name for name in reply.lacking)


def test_a_rented_machine_costs_its_rent() -> None:
    """DeepSeek's serving day: 226.75 nodes of eight H800 at 2 USD an hour are 87,072 USD (open-infra-index, day 6)."""
    design = cmxdsl.loads(
        "chip H800 { role = accelerator; rent = 2 USD/h }\nboard Node { gpu[8]: H800 }\nsystem S { node[907]: Node }"
    )
    assert (
        design.ask("tco(1 day) / 4").text == "87,072 USD (100% covered)"
        or "87,072 USD" in design.ask("tco(1 day) / 4").text
    )


def test_the_price_of_a_token_by_hand() -> None:
    """Eight chips at 2 USD an hour, used half of the time: 32 USD for an hour of work, over the tokens of that hour."""
    text = (
        "use std.nvidia\nuse std.models\n"
        "board Node {\n    gpu[8]: H100 { rent = 2 USD/h }\n    switch[4]: NVSwitch3\n"
        "    link gpu[g].nvlink[2*s + k] -- switch[s].nvlink[2*g + k] for s in 0..3, k in 0..1\n}\n"
        "training Tune { model = Llama3_8B; sequence = 8_192; batch = 16; precision = bf16; sharding = weights\n"
        "    recompute = full; fused_attention = true }\n"
        "system One {\n    node: Node\n    run tune: Tune over data[g] at node.gpu[g]\n"
        "    cost { utilization = 50%; staff = 0 USD/h }\n}\n"
    )
    design = cmxdsl.loads(text, top="One")
    assert design.ok, design.explain()
    rate, price = (
        float(v.value) for q in ("tokens_per_second(tune)", "price_per_token(tune)") if (v := design.ask(q).value)
    )
    assert price == pytest.approx(8 * 2 / 0.5 / (rate * 3600))
    said = json.loads(str(design.write("perf", "json")))["runs"][0]
    assert said["price_per_million_tokens"] == pytest.approx(price * 1e6) and said["price_lacks"] == []
    bare = cmxdsl.loads(text.replace(" { rent = 2 USD/h }", ""), top="One").ask("price_per_token(tune)")
    assert "cost.energy" in " ".join(bare.lacking)


def test_currencies_do_not_mix() -> None:
    mixed = machine(parts=PARTS.replace("3_000 USD", "3_000 EUR"))
    assert "currency" in " ".join(mixed.ask("tco(4 year)").lacking)


# --- what fails, and what it stops ----------------------------------------------------------------------------


def stops(found: tuple[Failing, ...]) -> dict[tuple[str, int | None], Fraction]:
    rows: dict[tuple[str, int | None], Fraction] = {}
    for one in found:
        rows[one.part.name, one.stops] = rows.get((one.part.name, one.stops), Fraction(0)) + one.count
    return rows


def test_blast_radius_by_hand() -> None:
    """A leaf stops its rack's 32, a spine none; a processor and a chassis their node's 8; a cable its one accelerator."""
    assert stops(failing(machine().subject)) == {
        ("Gpu", 1): 64,
        ("Cpu", 8): 16,
        ("Node", 8): 8,
        ("Leaf", 32): 2,
        ("Leaf", 0): 2,
        ("C", 1): 64,
        ("O", 0): 64,
    }


def random_text(seed: int) -> tuple[str, nx.MultiGraph, dict[str, str], list[tuple[str, str]]]:
    """A random network of nodes with one to three accelerators that share adapters, and the same as a graph."""
    draw = random.Random(seed)
    nodes, switches = draw.randint(2, 5), draw.randint(1, 4)
    text = [
        "protocol P { plane = scale_out; rate = 100 Gb/s; shared = true }",
        "cable C { rate = 100 Gb/s; failure_rate = 10 FIT }",
        "chip G { role = accelerator; failure_rate = 1 FIT }",
        "chip N { role = nic; port p: P; failure_rate = 2 FIT }",
        "switch W { port p: P; failure_rate = 3 FIT }",
    ]
    lines, graph, many = [], nx.MultiGraph(), {}
    for k in range(nodes):
        size, adapters = draw.randint(1, 3), draw.randint(1, 2)
        text.append(f"board B{k} {{ g[{size}]: G; n[{adapters}]: N; port p[i] = n[i].p for i in 0..{adapters - 1} }}")
        lines.append(f"b{k}: B{k}")
        for i in range(adapters):
            many[f"b{k}.n{i}"] = f"{k}:{size}"
            graph.add_node(f"b{k}.n{i}")
    lines += [f"w{k}: W" for k in range(switches)]
    graph.add_nodes_from(f"w{k}" for k in range(switches))
    cables = []
    for end in list(many):
        for k in draw.sample(range(switches), draw.randint(1, min(2, switches))):
            board, adapter = end.split(".n")
            lines.append(f"link {board}.p[{adapter}] -- w{k}.p over C")
            cables.append((end, f"w{k}"))
    for _ in range(draw.randint(0, 4)):
        if switches > 1:
            one, other = draw.sample(range(switches), 2)
            lines.append(f"link w{one}.p -- w{other}.p over C")
            cables.append((f"w{one}", f"w{other}"))
    graph.add_edges_from(cables)
    return "\n".join(text) + "\nsystem S {\n" + "\n".join(lines) + "\n}\n", graph, many, cables


def lost_by_hand(graph: nx.MultiGraph, many: dict[str, str]) -> set[str] | None:
    """Adapters with no link to the part of the switches that most adapters have one to; None where two have as many."""
    inner = graph.subgraph(n for n in graph if n.startswith("w"))
    groups = [{e for e in many if e in graph and set(graph[e]) & part} for part in nx.connected_components(inner)]
    sizes = sorted((len(g) for g in groups), reverse=True)
    if not sizes or (len(sizes) > 1 and sizes[0] == sizes[1]):
        return None
    return set(many) - max(groups, key=len)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
def test_what_stops_is_what_another_library_finds(seed: int) -> None:
    text, graph, many, cables = random_text(seed)
    before = lost_by_hand(graph, many)
    if before is None:
        return
    expected: Counter[tuple[str, int]] = Counter()

    def stopped(left: nx.MultiGraph) -> int | None:
        lost = lost_by_hand(left, many)
        if lost is None:
            return None
        boards = {many[e] for e in lost - before}
        return sum(int(b.split(":")[1]) for b in boards)

    for device in (n for n in graph if n.startswith("w")):
        left = graph.copy()
        left.remove_node(device)
        count = stopped(left)
        if count is None:
            return
        expected["W", count] += 1
    for one, other in cables:
        left = graph.copy()
        left.remove_edge(one, other)
        count = stopped(left)
        if count is None:
            return
        expected["C", count] += 1
    found = stops(failing(cmxdsl.loads(text).subject))
    assert {key: int(n) for key, n in found.items() if key[0] in "WC"} == dict(expected)


# --- jobs -----------------------------------------------------------------------------------------------------


def test_time_between_interruptions_by_hand() -> None:
    found = failing(machine().subject)
    rates = 64 * 12_000 + 16 * 400 + 8 * 800 + 2 * 2000 + 64 * 50
    between = interruptions(found, 64, 64).between
    assert between is not None and float(between.value) == pytest.approx(1e9 / rates * 3600)
    # A job of one accelerator: each failure of a domain of m hits it with probability m in 64.
    hits = 64 * 12_000 / 64 + (16 * 400 + 8 * 800) * 8 / 64 + 2 * 2000 * 32 / 64 + 64 * 50 / 64
    between = interruptions(found, 1, 64).between
    assert between is not None and float(between.value) == pytest.approx(1e9 / hits * 3600)


@settings(max_examples=20, deadline=None)
@given(st.floats(2e3, 1e6), st.floats(1, 600), st.floats(0, 1200), st.integers(0, 1000))
def test_the_formula_is_what_chance_gives(between: float, write: float, restart: float, seed: int) -> None:
    interval = best_interval(between, write)
    played = play(between, write, restart, interval, seed, runs=150)
    assert abs(played.goodput - goodput(between, write, restart, interval)) <= 2.6 * played.half_width + 1e-3


@given(st.floats(1e3, 1e7), st.floats(0.1, 900), st.floats(0, 3600))
def test_no_other_interval_does_better_by_much(between: float, write: float, restart: float) -> None:
    """Daly's interval is within a percent of the best there is."""
    best = checkpoints(between, write, restart)
    for factor in (0.5, 0.8, 1.25, 2):
        assert goodput(between, write, restart, best.interval * factor) <= best.goodput * 1.01 + 1e-12


# --- spares, and usable accelerators --------------------------------------------------------------------------


@given(st.floats(0.001, 5000), st.floats(0.5, 0.9999))
def test_spares_are_the_quantile_of_the_poisson_distribution(mean: float, level: float) -> None:
    enough = spares(mean, level)
    assert stats.poisson.cdf(enough, mean) >= level - 1e-9
    assert enough == 0 or stats.poisson.cdf(enough - 1, mean) < level + 1e-9


def test_usable_accelerators_that_fail_alone_are_binomial() -> None:
    text = "chip G { role = accelerator; failure_rate = 1_000_000 FIT; repair_time = 50 h }\nsystem S { g[200]: G }"
    subject = cmxdsl.loads(text).subject
    spread = usable(failing(subject), 200, None)
    up = 1 / (1 + 1e-3 * 50)
    assert list(spread.at_least) == pytest.approx([stats.binom.sf(k - 1, 200, up) for k in range(201)], abs=1e-9)
    assert not spread.bound and not spread.lacking


def test_domains_inside_of_domains_by_chance() -> None:
    subject = machine().subject
    spread = usable(failing(subject), 64, Quantity(Fraction(2_000_000), TIME))
    draw = random.Random(5)

    def out(fit: float) -> bool:
        load = fit / 3.6e12 * 2_000_000
        return draw.random() < load / (1 + load)

    runs, least = 20_000, 0
    for _ in range(runs):
        up = 0
        for _ in range(2):
            if out(2000):
                continue
            for _ in range(4):
                node = not (out(800) or out(400) or out(400))
                up += node * sum(not (out(12_000) or out(50)) for _ in range(8))
        least += up >= 63
    share = least / runs
    assert abs(share - spread.at_least[63]) < 4 * (share * (1 - share) / runs) ** 0.5


# --- the commands ---------------------------------------------------------------------------------------------


def test_commands(tmp_path: Path) -> None:
    file = tmp_path / "m.cmx"
    file.write_text(PARTS + RACKS % STATED)
    told = json.loads(cmx("cost", str(file), "--format", "json", "--years", "2").stdout)
    assert told["total"]["value"] == pytest.approx(2 * told["yearly"]["value"], abs=0.02)
    assert "cost of ownership" in cmx("cost", str(file)).stdout.decode()
    told = json.loads(cmx("availability", str(file), "--format", "json", "--job", "64", "--seed", "3").stdout)
    (job,) = told["jobs"]
    assert job["goodput"] == pytest.approx(job["played"]["goodput"], abs=3 * job["played"]["half_width_95"])
    assert {p["part"] for p in told["spares"]["parts"]} == {"Gpu", "Cpu", "Node", "Leaf", "O", "C"}
    assert "played by chance" in cmx("availability", str(file), "--seed", "1", "--format", "markdown").stdout.decode()
    refused = cmx("availability", str(file), "--job", "65")
    assert refused.returncode == 2 and b"has 64 accelerators" in refused.stderr


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("tco(4 W)", "takes a time"),
        ("mtbf(100)", "but there are 64"),
        ("mtbf(0)", "takes a number of accelerators"),
        ("spares(Gpu, 2)", "below 1"),
        ("goodput(1.5)", "takes a number"),
    ],
)
def test_arguments_that_make_no_sense(expression: str, said: str) -> None:
    reply = machine().ask(expression)
    assert not reply.ok and said in reply.explain()


def test_a_feed_stops_what_goes_dark() -> None:
    """Two nodes on one strip each and on a shared one: a strip of a node's own darkens nothing, as long as the other is
    live; a supply is one of two; the source behind both strips stops all."""
    design = cmxdsl.loads(
        "protocol Out { plane = power; flow = feeds }\nprotocol In : Out { flow = draws }\n"
        "chip Gpu { role = accelerator; power.peak = 1 kW }\n"
        "board Node { gpu[4]: Gpu; port inlet[2]: In }\n"
        "module Strip { role = power; failure_rate = 10 FIT; port out[8]: Out; port inlet: In }\n"
        "module Source { role = power; failure_rate = 20 FIT; port out[8]: Out }\n"
        "module Spare { role = power; failure_rate = 30 FIT; port out[8]: Out }\n"
        "system S {\n node[3]: Node\n strip[2]: Strip\n source: Source\n spare: Spare\n"
        " link source.out[k] -- strip[k].inlet for k in 0..1\n"
        " link strip[0].out[n] -- node[n].inlet[0] for n in 0..2\n"
        " link strip[1].out[n] -- node[n].inlet[1] for n in 0..1\n"
        " link spare.out[0] -- node[2].inlet[1]\n}"
    )
    assert design.ok, design.explain()
    found = stops(failing(design.subject))
    assert {key: many for key, many in found.items() if key[0] != "Gpu"} == {
        ("Strip", 0): 2,
        ("Source", 8): 1,
        ("Spare", 0): 1,
    }


def test_a_building_is_written_off_by_the_watts_that_it_is_built_for() -> None:
    """Peak power times what a watt costs to build, over the building's own life at the cost of capital."""
    stated = STATED.replace(
        "lease = 130 USD/kW/month", "building = 10 USD/W; building_life = 15 year; lease = 20 USD/kW/month"
    )
    found = {e.name: e.yearly for e in cost(machine(stated).subject).expenses}
    peak = 64 * 700 + 16 * 300 + 4 * 1500 + 64 * 10
    paid = 10 * peak * 0.08 / (1 - 1.08**-15)
    assert found["building"].value is not None and isclose(float(found["building"].value.value), paid, rel_tol=1e-9)
    assert found["lease"].value is not None
    assert isclose(float(found["lease"].value.value), peak / 1000 * 20 * 12, rel_tol=1e-3)
