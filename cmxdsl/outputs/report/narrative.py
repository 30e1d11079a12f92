"""A design in a few sentences, for somebody who has never seen it: what it holds, how it is joined, what it draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cmxdsl.analysis.base.roles import is_accelerator
from cmxdsl.analysis.network.metrics import Network, bits, network
from cmxdsl.analysis.totals.summary import Summary
from cmxdsl.diagnostics import article, sentence
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Subject, descendants
from cmxdsl.outputs.kit.value_format import memory_figures, total_text
from cmxdsl.schema import BY_NAME
from cmxdsl.units import show

LINKS = 2_000_000  # of one plane that a report looks at


def story(subject: Subject, found: Summary) -> list[tuple[str, str]]:
    """Paragraphs, each with a title."""
    top = subject.top
    paragraphs = [("What it is", _what(top, found))]
    chain = _chain(top)
    if len(chain) > 1:
        paragraphs.append(("From the whole to its smallest part", ", ".join(chain) + "."))
    paragraphs += [(f"The {name.replace('_', '-')} plane", text) for name, text in _planes(subject, found)]
    power = _power(found)
    return [*paragraphs, ("Power", power)] if power else paragraphs


def _counted(number: int, name: str) -> str:
    return f"{number:,} × {name}"


def _what(top: Component, found: Summary) -> str:
    parts = []
    racks = sum(r.count for r in found.racks)
    if racks and top.kind != "rack":
        counts: Counter[str] = Counter()
        for rack in found.racks:
            counts[rack.rack.split("(")[0]] += rack.count
        kinds = ", ".join(_counted(count, name) for name, count in counts.items())
        parts.append(f"{racks:,} rack{'s' * (racks != 1)} ({kinds})")
    if found.accelerators:
        names = sorted({c.name for c in descendants(top) if is_accelerator(c)})
        parts.append(f"{found.accelerators:,} accelerators ({', '.join(names)})")
    text = f"{top.name} is {article(top.kind)}" + (f" of {' with '.join(parts)}" if parts else "") + "."
    figures = []
    if found.compute:
        name, total = max(found.compute.items(), key=lambda item: (item[0] == "bf16", item[1].known))
        figures.append(f"{total_text(total, BY_NAME[f'compute.{name}'].unit)} of dense {name.upper()} compute")
    for name, total, unit in memory_figures(found):
        if total.known:
            figures.append(f"{total_text(total, unit)} of {name}")
    return text + (f" Together they have {', '.join(figures)}." if figures else "")


def _chain(top: Component) -> list[str]:
    """Down the branch that holds the accelerators, or the most parts."""
    words, here = [f"one {top.name}"], top
    while here.instances:
        best = max(
            (i for i in here.instances.values() if i.count),
            key=lambda i: (any(is_accelerator(c) for c in descendants(i.component)), i.count),
            default=None,
        )
        if best is None:
            break
        words.append(
            f"each with {_counted(best.count, best.component.name)}"
            if len(words) > 1
            else f"holds {_counted(best.count, best.component.name)}"
        )
        here = best.component
        if is_accelerator(here):
            break
    words[0:2] = [" ".join(words[0:2])]
    words[0] = words[0][0].upper() + words[0][1:]
    return words


def networks(subject: Subject, found: Summary) -> Iterator[tuple[str, Network | str]]:
    """What is known about each plane, or why it was not looked at here."""
    for name, plane in found.planes.items():
        if not plane.links or name == "host":
            continue
        if plane.links > LINKS:
            yield (
                name,
                f"too many links for a report: {plane.links:,} (limit {LINKS:,}): `cmx fabric --plane {name}`",
            )
            continue
        try:
            yield name, network(subject, name)
        except LimitExceeded as error:
            yield name, str(error)


def _planes(subject: Subject, found: Summary) -> Iterator[tuple[str, str]]:
    for name, net in networks(subject, found):
        plane = found.planes[name]
        if isinstance(net, str):
            yield name, f"It has {plane.links:,} links and was not looked at: {net}"
            continue
        text = f"{sentence(subject.top.vocabulary.planes[net.plane])}: {net.endpoints:,} endpoints"
        tiers = len({t.tier for t in net.tiers if t.tier > 0})
        if net.switches and tiers:
            text += f" and {net.switches:,} switches in {tiers} tier{'s' * (tiers != 1)}"
        text += f", joined by {net.links:,} links"
        carried = [f"{n:,} {word}" for n, word in ((plane.optics, "transceivers"), (plane.cables, "cables")) if n]
        text += f" over {' and '.join(carried)}." if carried else "."
        if net.too_many:
            text += f" How far apart endpoints are is not decided: {net.too_many}."
        elif net.distances is not None and net.distances.pairs:
            text += f" Any two endpoints that reach each other are at most {net.distances.diameter} links apart."
        if net.injection:
            each = show(bits(net.injection / net.endpoints), "B/s", places=4)
            text += f" An endpoint puts {each} into it on average, each way."
        if net.bisection is not None and net.bisection.exact and net.bisection.high:
            full = net.injection is not None and net.bisection.high >= net.injection / 2 * (1 - 1e-9)
            text += f" Its bisection bandwidth is {show(bits(net.bisection.high), 'B/s', places=4)}"
            text += ": non-blocking." if full else "."
        elif net.bisection is not None and not net.bisection.exact:
            bounds = " to ".join(show(bits(b), "B/s", places=4) for b in (net.bisection.low, net.bisection.high))
            text += f" Its bisection bandwidth is {bounds}: between these it is not decided."
        yield net.plane, text


def _power(found: Summary) -> str:
    typical = found.power["typical"]
    if not typical.known:
        return ""
    text = f"It draws {total_text(typical, 'W')} under usual load"
    if found.power["peak"].known:
        text += f" and at most {total_text(found.power['peak'], 'W')}"
    if found.power_by_kind:
        name, row = next(iter(found.power_by_kind.items()))
        if typical.value and typical.value.value and row.get("typical") is not None:
            text += f"; {float(row['typical'].value / typical.value.value):.0%} of that in {name}"
    return text + ("." if typical.complete else "; parts that do not state their power are not counted.")
