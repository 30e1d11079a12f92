"""CMX055x: what links run over."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cmxdsl.analysis.base.bundling import Tuples, straddling
from cmxdsl.analysis.base.injection import known_rate
from cmxdsl.analysis.physical.floor import element, floor_of, stand
from cmxdsl.analysis.physical.media_choice import limit
from cmxdsl.analysis.physical.routes import route
from cmxdsl.analysis.physical.ways import Length, longest
from cmxdsl.checks.registry import Context, Per, check, not_decided
from cmxdsl.checks.slips import bits_or_bytes
from cmxdsl.diagnostics import Diagnostic, Rule, Severity
from cmxdsl.fixes import Edit, Fix, Help, after
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Component, Link, far_end, index
from cmxdsl.model.index import TooMany
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import around
from cmxdsl.units import Quantity, number, show
from cmxdsl.units.dimension import LENGTH

WASTE = Fraction(3, 2)  # of what is used, from which an optic is called too fast
MAX_CHOICES = 6  # media offered for one link
_RACKS = "protocol P { plane = scale_out; rate = 400 Gb/s }\nchip A { port p: P }\nrack R { height = 42 U; a: A }\n"
_ROOM = "floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m; tray = 2.7 m; slack = 10% }\n"

SLOW = Rule(
    "CMX0551",
    "A medium is slower than the ports it joins",
    "The medium's rate, its `line_rate` where it states one, must carry the rate of the link times the links "
    "bundled on it.",
    "protocol P { plane = scale_up; rate = 400 Gb/s }\nchip A { port p: P }\ncable C { rate = 200 Gb/s }\n"
    "board B {\n    a[2]: A\n    link a[0].p -- a[1].p over C\n}\n",
    fix="choose a faster medium, or bundle fewer links",
)
FAST = Rule(
    "CMX0564",
    "An optic is much faster than the ports it joins",
    "It carries at least one and a half times what the links bundled on it use. Most of its price and power buy "
    "nothing, and a transceiver of another rate often does not work in the port.",
    "protocol P { plane = scale_out; rate = 200 Gb/s }\nchip A { port p: P }\nfiber F { mode = multi_mode }\n"
    "optic O { rate = 400 Gb/s; fiber = F }\nboard B {\n    a[2]: A\n    link a[0].p -- a[1].p over O\n}\n",
    Severity.WARNING,
    fix="choose an optic of the ports' rate, or bundle more links on it",
)
REACH = Rule(
    "CMX0552",
    "A link is longer than its medium reaches",
    "The length follows from the placements: to the vertical manager of the rack and along it, through the trays where "
    "the other end is in another rack, plus slack and a service loop at each end.",
    _RACKS + "cable Dac { rate = 400 Gb/s; reach = 3 m }\nsystem S {\n    " + _ROOM + "    r[9]: R\n"
    "    link r[0].a.p -- r[8].a.p over Dac\n    place r[i] at row 0, col i\n}\n",
)
SHORT = Rule(
    "CMX0553",
    "A link is longer than the longest length its medium comes in",
    "Cables and fibers come in the `length` or the `lengths` they state; the longest must reach.",
    _RACKS + "cable Aoc { rate = 400 Gb/s; lengths = [3 m, 5 m] }\nsystem S {\n    " + _ROOM + "    r[9]: R\n"
    "    link r[0].a.p -- r[8].a.p over Aoc\n    place r[i] at row 0, col i\n}\n",
)
MISMATCH = Rule(
    "CMX0554",
    "An optic and its fiber do not match",
    "A single-mode optic needs single-mode fiber, and the connectors must be the same.",
    'fiber OM4 { mode = multi_mode; connector = "MPO-12" }\n'
    'optic DR4 { rate = 400 Gb/s; mode = single_mode; connector = "MPO-12"; fiber = OM4 }\n',
)
NO_FIBER = Rule(
    "CMX0555",
    "An optic names no fiber",
    "A link over this optic takes a fiber, which would be missing from the bill of materials. Name it with "
    "`fiber = NAME`.",
    "protocol P { plane = scale_up; rate = 400 Gb/s }\nchip A { port p: P }\noptic X { rate = 400 Gb/s }\n"
    "board B {\n    a[2]: A\n    link a[0].p -- a[1].p over X\n}\n",
    Severity.WARNING,
)
UNEVEN = Rule(
    "CMX0556",
    "A bundle does not divide the links of its pattern",
    "The last medium carries fewer links than the others. Often the bundle or an index range is wrong.",
    "protocol P { plane = scale_up; rate = 100 Gb/s }\nchip A { port p[3]: P }\ncable C { rate = 400 Gb/s }\n"
    "board B {\n    a[2]: A\n    link a[0].p[i] -- a[1].p[i] over C bundle 2\n}\n",
    Severity.WARNING,
    fix="choose a bundle that divides the number of links",
)
STRADDLES = Rule(
    "CMX0561",
    "Links that share a cable end in different racks",
    "The links of a pattern are bundled in the order of its index variables, the last one fastest, anew in each "
    "instance of the component that has them. One cable, or one transceiver, cannot be in two racks; only the far ends "
    "of a breakout may.",
    "protocol P { plane = scale_out; rate = 100 Gb/s }\nchip A { port p[3]: P }\nchip B { port p[6]: P }\n"
    "rack R { height = 42 U; a: A }\nrack N { height = 42 U; b: B }\ncable C { rate = 200 Gb/s }\nsystem S {\n"
    "    r[2]: R\n    n: N\n    link r[i].a.p[k] -- n.b.p[3*i + k] over C bundle 2\n}\n",
    fix="choose a bundle that divides the links of one rack, or give the variables within it last",
)
NO_MEDIUM = Rule(
    "CMX0557",
    "A link between racks has no medium",
    "Without `over` a link is a direct connection and puts nothing on the bill of materials; between racks there "
    "is always a cable or an optic.",
    _RACKS + "system S {\n    r[2]: R\n    link r[0].a.p -- r[1].a.p\n}\n",
    Severity.WARNING,
)
UNSETTLED = Rule(
    "CMX0562",
    "Which medium these links need is not known",
    "`over auto(A, B)` takes the cheapest medium that reaches, for each length on its own. Where a length is not "
    "known, the first of them counts, in the bill of materials too.",
    _RACKS + "cable Dac { rate = 400 Gb/s; reach = 3 m }\ncable Aoc { rate = 400 Gb/s; reach = 30 m }\nsystem S {\n"
    "    r[2]: R\n    link r[0].a.p -- r[1].a.p over auto(Dac, Aoc)\n}\n",
    Severity.WARNING,
    fix="place both ends (`floor`, `place`), or name one medium",
)


@check(Per.COMPONENT, SLOW, FAST, UNEVEN)
def capacity(component: Component, context: Context) -> Iterator[Diagnostic]:
    for link in component.links:
        rate = known_rate(component, link)
        for medium in link.media:
            carries = medium.quantity("line_rate") or medium.quantity("rate")
            if rate is not None and carries is not None and carries.value < rate.value * link.bundle:
                need = show(rate * number(link.bundle), "b/s")
                of = f" ({link.bundle} links of {show(rate, 'b/s')})" if link.bundle > 1 else ""
                message = f"`{medium.name}` carries {show(carries, 'b/s')}, and the ports need {need}{of}"
                told = (bits_or_bytes(carries, rate * number(link.bundle)), SLOW.fix)
                yield SLOW.at(link.span, message, "; ".join(words for words in told if words))
            elif rate is not None and carries is not None and medium.kind == "optic":
                used = rate * number(link.bundle)
                if carries.value >= used.value * WASTE:
                    message = f"`{medium.name}` carries {show(carries, 'b/s')}, and the ports use {show(used, 'b/s')}"
                    told = (bits_or_bytes(carries, used), FAST.fix)
                    yield FAST.at(link.span, message, "; ".join(words for words in told if words))
        if link.count % link.bundle:
            message = f"{link.count:,} links do not divide into bundles of {link.bundle}"
            yield UNEVEN.at(link.span, message)


@check(Per.COMPONENT, REACH, SHORT)
def length(component: Component, context: Context) -> Iterator[Diagnostic]:
    subject = context.of(context.top or component)
    for link in component.links:
        limits = [m for m in link.media if limit(m) is not None]
        if not limits or len(limits) < len(link.media):
            continue
        try:
            need = longest(subject, component, link)
        except LimitExceeded as error:
            yield not_decided(link.span, "whether these links are longer than their medium reaches", error)
            continue
        if need is None:
            continue
        fits = [m for m in limits if (most := limit(m)) is not None and most.value >= need.metres]
        if not fits:
            yield _too_long(link, limits[-1], need)


@check(Per.COMPONENT, STRADDLES)
def one_place(component: Component, context: Context) -> Iterator[Diagnostic]:
    for link in component.links:
        if link.bundle == 1 or not link.count or not link.media:
            continue
        pattern = Tuples((), link.domain, link.where)
        ends = (link.a,) if link.medium is not None and far_end(link.medium) is not None else (link.a, link.b)
        for end in ends:
            at = stand(component, end.steps)
            if at is None:
                continue
            apart = straddling(pattern, [e for step in at.path for e in step.indices], link.bundle)
            if apart is not None:
                first, second = (".".join(element(step, index_values) for step in at.path) for index_values in apart)
                message = f"a bundle of {link.bundle} has links to `{first}` and to `{second}`"
                yield STRADDLES.at(link.span, f"{message}, and one cable cannot end in both")
                break


@check(Per.COMPONENT, UNSETTLED)
def chosen(component: Component, context: Context) -> Iterator[Diagnostic]:
    """What `choice` left with several media."""
    floor = floor_of(*(c for c in (component, context.top) if c is not None))
    for link in component.links:
        if len(link.media) < 2 or not link.count:
            continue
        way = route(stand(component, link.a.steps), stand(component, link.b.steps), floor)
        known = way is not None and way.unknown is None
        if known and index.size(link.domain) > index.LIMIT:
            too_many = TooMany(index.size(link.domain))
            yield not_decided(link.span, "which medium each of these links needs", too_many)
            continue
        counts = f"so `{link.media[0].name}` counts for them"
        if known:
            message = (
                f"which medium {link.count:,} of these links need depends on where each `{component.name}` is placed"
            )
            yield UNSETTLED.at(link.span, f"{message}, {counts}", "name one medium that reaches everywhere")
        else:
            yield UNSETTLED.at(link.span, f"the length of {link.count:,} of these links is not known, {counts}")


def _too_long(link: Link, medium: Component, need: Length) -> Diagnostic:
    reach = medium.quantity("reach")
    most = limit(medium)
    assert most is not None
    at = ", ".join(f"{k} = {v}" for k, v in need.at.items())
    at = ", ".join(words for words in (f"in `{need.place}`" if need.place else "", f"at {at}" if at else "") if words)
    length = show(Quantity(need.metres, LENGTH), places=3)
    message = f"the longest of these links takes {'' if need.whole else 'at least '}{length}"
    message += (f", {at}," if at else "") + f" and `{medium.name}` "
    if reach is not None and reach.value < need.metres:
        return REACH.at(
            link.span,
            message + f"reaches {show(reach)}",
            "choose a medium that reaches, or move the racks closer",
        )
    return SHORT.at(
        link.span,
        message + f"comes in at most {show(most)}",
        "choose a longer one, or move the racks closer",
    )


@check(Per.COMPONENT, NO_FIBER, NO_MEDIUM)
def complete(component: Component, context: Context) -> Iterator[Diagnostic]:
    for link in component.links:
        for medium in link.media:
            if medium.kind == "optic" and "fiber" not in medium.attributes and medium.whole:
                yield NO_FIBER.at(link.span, f"`{medium.name}` names no fiber", "give it `fiber = NAME`")
        if not link.media and link.count and _racks(component, link):
            help = Help("name a medium with `over`", _media_in_sight(link, context))
            yield NO_MEDIUM.at(link.span, "this link between racks has no medium", help)


def _media_in_sight(link: Link, context: Context) -> tuple[Fix, ...]:
    """Each optic and cable that can be named where the link is, up to `MAX_CHOICES`."""
    file = context.file_of(link.span)
    node = around(file.node, link.span, n.Link) if file is not None else None
    if file is None or node is None:
        return ()
    names = [name for name in file.names() if file.find(name)[0][1].kind.text in ("optic", "cable")]
    return tuple(
        Fix(f"Add `over {name}`", (Edit(after(node.b.span), f" over {name}"),)) for name in names[:MAX_CHOICES]
    )


def _racks(component: Component, link: Link) -> bool:
    """Whether the ends are in racks, and not at the same place of the same rack."""
    paths = []
    for end in (link.a, link.b):
        names = [s.name for s in end.steps]
        inside = [k for k in range(1, len(names) + 1) if component.at(tuple(names[:k]))[0].kind == "rack"]
        if not inside:
            return False
        paths.append(end.steps[: inside[0]])
    return paths[0] != paths[1]


@check(Per.COMPONENT, MISMATCH)
def match(component: Component, context: Context) -> Iterator[Diagnostic]:
    fiber = component.get("fiber")
    if component.kind != "optic" or not isinstance(fiber, Component):
        return
    for name in ("mode", "connector"):
        mine, its = component.text(name), fiber.text(name)
        if mine and its and mine != its:
            span = component.attributes[name].span or component.span
            message = f"`{component.name}` has {name} {mine}, and its fiber `{fiber.name}` has {its}"
            yield MISMATCH.at(span, message, "choose the fiber that the optic is made for")
