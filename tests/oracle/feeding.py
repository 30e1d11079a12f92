"""Power trees: random ones, and what flows in them by asking each device for its demand, one after the other."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import isclose

from cmxdsl.analysis.network.feeding import power_failures
from cmxdsl.analysis.power import feeds, loads
from cmxdsl.model import Subject

from .expand import Machine, Path
from .parts import Part

LEVELS = ("src", "ups", "pdu", "node")


def power_tree(seed: int) -> str:
    """A file with one site: sources, UPSs, PDUs and loads, each with its own numbers, and links from a level to one
    below it, in patterns and one by one. Ports are shared, so that any link may be."""
    rng = random.Random(seed)
    sizes = {"src": rng.randint(1, 2), "ups": rng.randint(0, 3), "pdu": rng.randint(1, 5), "node": rng.randint(1, 6)}
    racks = rng.choice([0, 0, 2, 3])  # how many racks each hold a PDU and some nodes more
    lines = ["protocol AC { plane = power; shared = true }"]
    for name, least in zip(LEVELS, (0, 0, 0, 1), strict=True):
        own = rng.choice([0, 0, 10, 50]) if name != "node" else rng.randint(1, 5) * 100
        body = [f"power.peak = {own} W"] if own or least else []
        if name != "node" and rng.random() < 0.7:
            body.append(f"power.capacity = {rng.randint(1, 30) * 100} W")
        if name in ("ups", "pdu") and rng.random() < 0.6:
            body.append(f"power.efficiency = {rng.choice([90, 95, 98])}%")
        if name == "pdu" and rng.random() < 0.3:
            body.append(f"power.breaker = {rng.randint(1, 12) * 100} W")
        body += ["port inn: AC"] if name != "src" else []
        body += ["port out: AC { flow = feeds }"] if name != "node" else []
        lines.append(f"module {name.title()} {{ {'; '.join(body)} }}")
    if racks:
        many = rng.randint(1, 3)
        lines.append(
            f"rack Rack {{ height = 42 U; power.peak = {rng.choice([0, 70])} W; pdu[2]: Pdu; node[{many}]: Node\n"
            f"    link pdu[k].out -- node[i].inn for i in 0..{many - 1}, k in 0..{rng.randint(0, 1)} }}"
        )
    lines += ["site Hall {", *(f"    {n}[{s}]: {n.title()}" for n, s in sizes.items())]
    lines += [f"    rack[{racks}]: Rack", "    link src[0].out -- rack[r].pdu[k].inn"] if racks else []
    for upper, lower in (("src", "ups"), ("ups", "pdu"), ("src", "pdu"), ("pdu", "node"), ("ups", "node")):
        if not sizes[upper] or not sizes[lower]:
            continue
        if rng.random() < 0.5:
            lines.append(f"    link {upper}[i mod {sizes[upper]}].out -- {lower}[i].inn")
        for _ in range(rng.randint(0, 3)):
            a, b = rng.randrange(sizes[upper]), rng.randrange(sizes[lower])
            lines.append(f"    link {upper}[{a}].out -- {lower}[{b}].inn")
    return "\n".join([*lines, "}"]) + "\n"


@dataclass
class Feeding:
    """Who feeds whom, link by link, by path; what each device is and draws itself."""

    machine: Machine
    inputs: dict[Path, list[Path]] = field(default_factory=lambda: defaultdict(list))
    outputs: dict[Path, list[Path]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for joint in self.machine.joints:
            a, b = (joint.a, joint.b) if self.machine.port(joint.a).feeds else (joint.b, joint.a)
            self.outputs[a[0]].append(b[0])
            self.inputs[b[0]].append(a[0])

    @property
    def devices(self) -> list[Path]:
        return [t.path for t in self.machine.things.values() if any(p.plane == "power" for p in t.part.ports.values())]

    def part(self, path: Path) -> Part:
        return self.machine.things[path].part

    def live(self, path: Path, failed: Path | None) -> bool:
        above = self.inputs[path]
        return path != failed and (not above or any(self.live(a, failed) for a in above))

    def delivered(self, path: Path, failed: Path | None = None) -> Fraction:
        """What its outlets deliver, in watts."""
        if not self.live(path, failed):
            return Fraction(0)
        total = Fraction(0)
        for below in self.outputs[path]:
            if self.live(below, failed):
                total += self.demand(below, failed) / sum(self.live(a, failed) for a in self.inputs[below])
        return total

    def demand(self, path: Path, failed: Path | None = None) -> Fraction:
        own, efficiency = self.part(path).number("power.peak"), self.part(path).number("power.efficiency")
        return (own or Fraction(0)) + self.delivered(path, failed) / (efficiency or 1)


def differences(subject: Subject, machine: Machine) -> Iterator[str]:
    """Where cmx and asking every device disagree about loads and failures."""
    mine = Feeding(machine)
    plane = feeds.net(subject)
    own = feeds.demands(plane, subject.top, "power.peak")
    found = loads.flow(plane, own)
    arrays: dict[str, list[Path]] = defaultdict(list)
    for path in mine.devices:
        arrays[".".join(name for name, _ in path)].append(path)
    for load in loads.loads(plane, found):
        ask = mine.delivered if any(mine.outputs[p] for p in arrays[load.group.label]) else mine.demand
        each = [ask(p) for p in arrays[load.group.label]]
        if not (isclose(load.most, max(each), abs_tol=1e-6) and isclose(load.least, min(each), abs_tol=1e-6)):
            yield f"{load.group.label}: cmx {load.least} to {load.most}, asked {float(min(each))} to {float(max(each))}"
    whole = sum((mine.demand(p) for p in mine.devices if not mine.inputs[p] and mine.outputs[p]), Fraction(0))
    entering = loads.facility(subject, plane, found, "power.peak").entering
    if not isclose(entering, whole, abs_tol=1e-6):
        yield f"entering: cmx {entering}, asked {float(whole)}"
    for one in power_failures(subject, plane, own):
        failing = [p for p in arrays[one.group.label] if mine.outputs[p]]
        if (one.tried, one.count) != (len(failing), len(failing)):
            yield f"{one.group.label} fails: cmx tried {one.tried} of {one.count}, there are {len(failing)}"
            continue
        lost, share = zip(*(_failure(mine, p) for p in failing), strict=True)
        assert one.darkest is not None and one.fullest is not None
        if not isclose(one.darkest.lost, max(lost), abs_tol=1e-6) or not isclose(
            one.fullest.share, max(share), abs_tol=1e-9
        ):
            yield f"{one.group.label} fails: cmx {one}, asked {float(max(lost))} W, {float(max(share))}"


def _failure(mine: Feeding, failed: Path) -> tuple[Fraction, float]:
    """The watts that go dark beside the one that fails, and the greatest load of any that is left."""
    dark = [p for p in mine.devices if p != failed and not mine.live(p, failed) and mine.live(p, None)]
    shares = [0.0]
    for path in mine.devices:
        can = mine.part(path).number("power.capacity")
        if can is not None and mine.live(path, failed):
            shares.append(float(mine.delivered(path, failed) / can))
    return sum((mine.part(p).number("power.peak") or Fraction(0) for p in dark), Fraction(0)), max(shares)


def codes(machine: Machine) -> set[str]:
    """What a check has to say: overloads, breakers, and feeds that cannot stand in for each other."""
    mine = Feeding(machine)
    found: set[str] = set()
    for path in mine.devices:
        delivered, part = mine.delivered(path), mine.part(path)
        can, breaker = part.number("power.capacity"), part.number("power.breaker")
        if can is not None and mine.outputs[path] and delivered > can:
            found.add("CMX0704")
        if breaker is not None and mine.outputs[path] and delivered > breaker * Fraction(8, 10):
            found.add("CMX0705")
    if "CMX0704" not in found and any(_failure(mine, p)[1] > 1 + 1e-9 for p in mine.devices if mine.outputs[p]):
        found.add("CMX0707")
    return found
