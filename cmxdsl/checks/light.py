"""CMX0558 and on: light."""

from __future__ import annotations

from collections.abc import Iterator

from cmxdsl.analysis.physical.optical_budget import budget, fibers_needed
from cmxdsl.checks.registry import Context, Per, check, not_decided
from cmxdsl.diagnostics import Diagnostic, Rule, Severity
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component

_OPTIC = (
    'fiber F { mode = single_mode; connector = "MPO-12"; loss = 0.4 dB/km; connections = 4; connection_loss = 1 dB }\n'
    "optic O {\n    rate = 400 Gb/s\n    fiber = F\n    tx { launch = -2.2 dBm }\n    rx { sensitivity = -5.3 dBm }\n"
    "}\n"
)
_ENDS = (
    "protocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p: P }\nrack R { height = 42 U; a: A }\n"
    "system S {\n    floor { pitch = 600 mm x 1200 mm; tray = 2.7 m }\n    r[2]: R\n"
    "    link r[0].a.p -- r[1].a.p over O\n    place r[i] at row 0, col i\n}\n"
)

MARGIN = Rule(
    "CMX0558",
    "An optical link has no margin",
    "Launch power less penalties and the losses of the channel (fiber, connections, splices, devices on the way) is "
    "below the receiver's sensitivity at the longest link of the pattern. `cmx optics` shows the budget line by line.",
    _OPTIC + _ENDS,
    fix="shorten the channel, take connections out of it, or choose an optic with more power",
)
FIBERS = Rule(
    "CMX0559",
    "A fiber has too few fibers for its optic",
    "Each lane takes a fiber each way, unless several wavelengths share one (`wavelengths`).",
    "fiber F { mode = single_mode; fibers = 2 }\noptic O { rate = 400 Gb/s; lanes = 4; fiber = F }\n",
    fix="choose a fiber with more of them, or state the optic's `wavelengths`",
)
POLARITY = Rule(
    "CMX0560",
    "A parallel fiber is not crossed as its optics need it",
    "Between two parallel optics a cable has to bring each transmitter to a receiver: method B of TIA-568 does, with "
    "no cassette between.",
    'fiber F { mode = single_mode; connector = "MPO-12"; polarity = A }\noptic O {\n    rate = 400 Gb/s\n'
    '    lanes = 4\n    connector = "MPO-12"\n    fiber = F\n}\n',
    Severity.WARNING,
    fix="order it with polarity B",
)


@check(Per.COMPONENT, MARGIN)
def margin(component: Component, context: Context) -> Iterator[Diagnostic]:
    for link in component.links:
        try:
            found = budget(context.of(context.top or component), component, link)
        except LimitExceeded as error:
            yield not_decided(link.span, "the margin of these links", error)
            continue
        if found is not None and found.margin is not None and found.margin < 0:
            assert found.loss is not None
            message = (
                f"the longest of these links loses {float(found.loss):.2f} dB over `{found.optic.name}`, "
                f"{float(-found.margin):.2f} dB more than its budget"
            )
            yield MARGIN.at(link.span, message)


@check(Per.COMPONENT, FIBERS, POLARITY)
def fibers(component: Component, context: Context) -> Iterator[Diagnostic]:
    fiber = component.get("fiber")
    if component.kind != "optic" or not isinstance(fiber, Component):
        return
    need, has = fibers_needed(component), fiber.quantity("fibers")
    span = component.attributes["fiber"].span or component.span
    if need is not None and has is not None and has.value < need:
        yield FIBERS.at(span, f"`{component.name}` takes {need} fibers, and `{fiber.name}` has {int(has.value)}")
    parallel = component.text("connector").startswith("MPO")
    if parallel and fiber.text("polarity") in ("A", "C"):
        yield POLARITY.at(span, f"`{fiber.name}` has polarity {fiber.text('polarity')}")
