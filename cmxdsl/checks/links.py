"""CMX05xx: links and the ports they join."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.base.injection import known_rate
from cmxdsl.analysis.base.ports import PortGroup, port_groups
from cmxdsl.checks.registry import Context, Per, check, not_decided
from cmxdsl.checks.slips import bits_or_bytes
from cmxdsl.diagnostics import Diagnostic, Related, Rule, Severity
from cmxdsl.fixes import Edit, Fix, Help, after
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import around
from cmxdsl.units import show

_PARTS = "protocol P { plane = scale_up; rate = 400 Gb/s }\nchip A { port p: P }\n"

USED_TWICE = Rule(
    "CMX0501",
    "A port is used twice",
    "A port takes one link, unless its protocol is `shared`. The port shown is one of those that two patterns, or "
    "the same pattern at two places, both take.",
    _PARTS + "board B {\n    a[3]: A\n    link a[0].p -- a[1].p\n    link a[0].p -- a[2].p\n}\n",
    fix="give each link a port of its own, or make the protocol `shared = true`",
)
PROTOCOLS = Rule(
    "CMX0502",
    "The two ends of a link have different protocols",
    "Both ends have the same protocol, or the link names an adapter with `via`.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nprotocol Q { plane = scale_up; rate = 1 Gb/s }\n"
    "chip A { port p: P }\nchip B { port q: Q }\nboard C {\n    a: A\n    b: B\n    link a.p -- b.q\n}\n",
)
RATES = Rule(
    "CMX0503",
    "The two ends of a link have different rates",
    "The slower end sets the rate of the link, and the faster port is not used to the full.",
    "protocol P { plane = scale_up; rate = 400 Gb/s }\nchip A { port p: P }\n"
    "chip B { port p: P { rate = 200 Gb/s } }\nboard C {\n    a: A\n    b: B\n    link a.p -- b.p\n}\n",
    Severity.WARNING,
)
UNCONNECTED = Rule(
    "CMX0504",
    "A port that must be connected is not",
    "Its protocol says `required = true`: a port of it without a link is a mistake.",
    "protocol P { plane = scale_up; rate = 1 Gb/s; required = true }\nchip A { port p[2]: P }\n"
    "board B {\n    a[2]: A\n    link a[0].p[0] -- a[1].p[0]\n}\n",
)
SELF_LINK = Rule(
    "CMX0505",
    "A link joins a device to itself",
    "Both ends are on the same device for every index. A loop-back is rarely meant.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p[2]: P }\n"
    "board B {\n    a[4]: A\n    link a[i].p[0] -- a[i].p[1]\n}\n",
    Severity.WARNING,
    fix="let one end name another element, such as `(i + 1) mod n`",
)
TWO_PLANES = Rule(
    "CMX0507",
    "The two ends of a link are on different planes",
    "A link carries the traffic of one plane. An adapter joins protocols of one plane; what passes from one plane to "
    "another goes through a device with ports on both.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nprotocol Q { plane = management; rate = 1 Gb/s }\n"
    "chip A { port p: P }\nchip B { port q: Q }\nchip Bridge { }\n"
    "board C {\n    a: A\n    b: B\n    link a.p -- b.q via Bridge\n}\n",
)
UNUSED_PORT = Rule(
    "CMX0506",
    "A group of ports is never linked",
    "No link of the design uses any port of the group. Ports kept free on purpose can be left out of the file, or "
    "marked with `x.spare = true`; those that leave the design are exposed by its top component.",
    _PARTS + "chip S { port p: P; port q[4]: P }\nboard B {\n    a: A\n    s: S\n    link a.p -- s.p\n}\n",
    Severity.WARNING,
)


@check(Per.COMPONENT, USED_TWICE)
def used_twice(component: Component, context: Context) -> Iterator[Diagnostic]:
    for found in context.ports.collisions(component):
        if isinstance(found, LimitExceeded):
            help = "write the links with linear indices and without `where`"
            yield not_decided(component.span, "whether a port is used twice", found, help)
            continue
        here, there = found.second, found.first
        if here is there:
            first, second = _at(found.at_first), _at(found.at_second)
            message = f"this pattern uses port `{found.port}` twice: at {first} and at {second}"
            free = [k for k in found.at_first if found.at_first[k] != found.at_second[k]]
            fix = f"let the port depend on `{free[0]}`, or give each its own port" if free else ""
            yield USED_TWICE.at(here.span, message, fix)
        else:
            message = f"port `{found.port}` is used by two links"
            at = f", at {_at(found.at_second)}" if found.at_second else ""
            yield USED_TWICE.at(here.span, message + at, "", [Related(there.span, "this link uses it too")])


def _at(values: dict[str, int]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in values.items()) or "every index"


@check(Per.COMPONENT, PROTOCOLS, RATES, SELF_LINK, TWO_PLANES)
def ends(component: Component, context: Context) -> Iterator[Diagnostic]:
    for link in component.links:
        (_, a), (_, b) = component.resolve(link.a), component.resolve(link.b)
        if a.protocol.name != b.protocol.name and link.adapter is None and not _related(a.protocol, b.protocol):
            message = (
                f"`{link.a.names[-1]}` has protocol {a.protocol.name}, and `{link.b.names[-1]}` has {b.protocol.name}"
            )
            yield PROTOCOLS.at(link.span, message, "link ports of one protocol, or name an adapter: `via NAME`")
        elif a.plane != b.plane:
            message = f"one end is on the plane `{a.plane}`, the other on `{b.plane}`"
            yield TWO_PLANES.at(link.span, message, "link ports of one plane, or place a device with ports on both")
        elif a.rate is not None and b.rate is not None and a.rate != b.rate and link.adapter is None:
            slower = known_rate(component, link)
            assert slower is not None
            unit = "b/s"
            message = f"one end runs at {show(a.rate, unit)}, the other at {show(b.rate, unit)}"
            told = (f"the link runs at {show(slower, unit)}", bits_or_bytes(a.rate, b.rate))
            yield RATES.at(link.span, message, "; ".join(words for words in told if words))
        if link.count and link.a.names[:-1] == link.b.names[:-1] and link.a.steps == link.b.steps:
            yield SELF_LINK.at(link.span, "both ends of this link are on the same device")


def _related(a: Component, b: Component) -> bool:
    return a.name in b.bases or b.name in a.bases


@check(Per.DESIGN, UNCONNECTED, UNUSED_PORT)
def unconnected(top: Component, context: Context) -> Iterator[Diagnostic]:
    if not top.whole:
        return
    groups = port_groups(top, context.ports)
    outside = {p.exposes.target.names for p in top.ports.values() if p.exposes is not None}
    by_port: dict[int, list[int]] = {}
    for group in groups:
        entry = by_port.setdefault(id(group.port), [0, 0])
        entry[0] += group.total
        entry[1] += group.used
    for group in groups:
        entry = by_port.pop(id(group.port), None)  # type: ignore[arg-type]
        if entry is None or group.port.get("shared") is True:
            continue
        total, used = entry
        what = f"`{group.port.name}` of `{group.owner.name}`"
        if group.port.get("required") is True and used < total:
            missing = total - used
            message = (
                f"{missing:,} of {total:,} ports {what} are not connected, and {group.port.protocol.name} requires it"
            )
            yield UNCONNECTED.at(group.span, message, "link them, or declare fewer ports")
        elif used == 0 and total and group.names not in outside and _held_to_use(group, context):
            help = Help("link it, or write `{ x.spare = true }`", _spare(group, context))
            yield UNUSED_PORT.at(group.span, f"no link uses port {what}", help)


def _spare(group: PortGroup, context: Context) -> tuple[Fix, ...]:
    """Say in a port's braces that it is kept free."""
    file = context.file_of(group.span)
    port = around(file.node, group.span, n.Port) if file is not None else None
    if port is None or port.overrides:
        return ()
    return (Fix("Mark it as spare", (Edit(after(port.protocol.span), " { x.spare = true }"),)),)


def _held_to_use(group: PortGroup, context: Context) -> bool:
    """Only what the file being checked declares, and only in something complete; parts serve many designs. A port of
    the whole itself leads out of it."""
    assert context.top is not None
    complete = context.clean and context.top.kind in ("board", "chassis", "rack", "system", "site")
    here = group.span.file == context.design.main.source.file
    return complete and here and group.owner is not context.top and "x.spare" not in group.port.attributes
