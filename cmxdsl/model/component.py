"""The elaborated design. Symbolic: `rack[4096]` is one Instance with a shape, and a Component is made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from math import prod

from cmxdsl.model.expr import Definition, Expr, Unknown, Value
from cmxdsl.model.index import Domain
from cmxdsl.records import field, frozen
from cmxdsl.schema import STANDARD, Vocabulary
from cmxdsl.source import Span
from cmxdsl.units import Quantity

GOALS = ("keep", "report", "minimize", "maximize")
CLAIMS = {
    "published": "its note is the source",
    "estimated": "its note says why",
    "calibrated": "an estimate that was fitted: its note says to what",
    "derived": "computed from others",
    "stated": "written without a source",
    "unknown": "not known",
}


@frozen
class Claim:
    """A value and where it comes from; `kind` is one of `CLAIMS`, `source` what is cited where that has a name."""

    value: Value
    kind: str = "stated"
    note: str = ""
    source: Component | None = field(default=None, repr=False)

    @property
    def guessed(self) -> bool:
        return self.kind in ("estimated", "calibrated")


@frozen
class Attribute:
    """An attribute of a component: the claim that counts, and what other sources claim."""

    name: str
    claim: Claim
    also: tuple[Claim, ...] = ()
    span: Span | None = field(default=None, repr=False)

    @property
    def value(self) -> Value:
        return self.claim.value

    @property
    def known(self) -> bool:
        return not isinstance(self.claim.value, Unknown)


@frozen
class Instance:
    """An array of one component. The empty shape is a single one."""

    name: str
    shape: tuple[int, ...]
    component: Component
    span: Span = field(repr=False)
    doc: str = ""

    @property
    def count(self) -> int:
        return prod(self.shape)


@frozen
class Step:
    """One step of a path: an instance (or at the end a port) and its indices."""

    name: str
    indices: tuple[Expr, ...]


@frozen
class End:
    """A port, as seen from the component whose link names it: instances down to it, then the port itself."""

    steps: tuple[Step, ...]
    port: Step

    @property
    def names(self) -> tuple[str, ...]:
        return (*(s.name for s in self.steps), self.port.name)

    @property
    def indices(self) -> tuple[Expr, ...]:
        return tuple(e for s in (*self.steps, self.port) for e in s.indices)


@frozen
class Exposure:
    """What an exposed port stands for: an inner port, its indices given by the variables of `domain`."""

    domain: Domain
    target: End


@frozen
class Port:
    """An array of ports. `attributes` holds what the declaration says over its protocol's own."""

    name: str
    shape: tuple[int, ...]
    protocol: Component
    attributes: Mapping[str, Attribute]
    span: Span = field(repr=False)
    exposes: Exposure | None = None
    doc: str = ""

    @property
    def count(self) -> int:
        return prod(self.shape)

    def get(self, name: str) -> Value | None:
        """The port's own attribute, else its protocol's."""
        attribute = self.attributes.get(name) or self.protocol.attributes.get(name)
        return None if attribute is None or not attribute.known else attribute.value

    @property
    def rate(self) -> Quantity | None:
        """Rate of one port, each way, or None when unknown."""
        rate = self.get("rate")
        return rate if isinstance(rate, Quantity) else None

    @property
    def plane(self) -> str:
        plane = self.get("plane")
        return plane if isinstance(plane, str) else ""


@frozen
class Link:
    """A pattern of links: one for each tuple of `domain` that satisfies `where`; `count` of them.

    `media` has one component, several when the choice is left to the tool, and none for a direct connection.
    """

    a: End
    b: End
    domain: Domain
    where: Expr | None
    media: tuple[Component, ...]
    adapter: Component | None
    bundle: int
    count: int
    text: str
    span: Span = field(repr=False)

    @property
    def medium(self) -> Component | None:
        return self.media[0] if self.media else None

    @property
    def carriers(self) -> int:
        """How many media the pattern takes: `bundle` links share one."""
        return -(-self.count // self.bundle)


@frozen
class Placement:
    """Where instances stand: an expression for each coordinate (`U`, `row`, `col`, `x`, `y`), `side`, `face`."""

    path: tuple[Step, ...]
    domain: Domain
    where: Expr | None
    coordinates: Mapping[str, Expr]
    count: int
    span: Span = field(repr=False)


@frozen
class Requirement:
    """`require` (or `prefer`, when `soft`)."""

    condition: Expr
    text: str
    reason: str
    soft: bool
    span: Span = field(repr=False)


@frozen
class Expectation:
    """`expect`: a published figure. `within` is None when the figure is exact.

    `source` says in words what is cited, and `cited` is that where it has a name. `rests` are the kinds of the claims
    that the expression reads by name. `differs` says why the figure is known not to hold.
    """

    expression: Expr
    text: str
    published: Quantity
    unit: str
    within: Quantity | None
    source: str
    span: Span = field(repr=False)
    cited: Component | None = field(default=None, repr=False)
    rests: tuple[str, ...] = ()
    differs: str = ""


@frozen
class View:
    """A picture kept with the design: what to draw and how, as words by the names of `schema.SETTINGS`."""

    name: str
    settings: Mapping[str, tuple[str, ...]]
    span: Span = field(repr=False)
    doc: str = ""


@frozen
class Run:
    """`run`: a training or a serving on chips, a rank for each tuple of `domain`. `dimensions` are the parallel ones,
    each with the variables that index it; `path` is the chip of a rank."""

    name: str
    work: Component
    dimensions: Mapping[str, tuple[str, ...]]
    path: tuple[Step, ...]
    domain: Domain
    text: str
    span: Span = field(repr=False)
    doc: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The instances down to the chip."""
        return tuple(step.name for step in self.path)

    def size(self, dimension: str) -> int:
        """Ranks of a parallel dimension; 1 where the run has none of it."""
        sizes = {d.name: d.size for d in self.domain}
        return prod(sizes[v] for v in self.dimensions.get(dimension, ()))

    @property
    def ranks(self) -> int:
        return prod(d.size for d in self.domain)


@frozen
class Vary:
    """A parameter that a study varies: its values as texts, as `--set` takes them."""

    name: str
    values: tuple[str, ...]
    span: Span = field(repr=False)


@frozen
class Goal:
    """What a study asks of each point: a condition to `keep` to, a figure to `report`, to `minimize` or `maximize`."""

    kind: str
    name: str
    expr: Expr
    text: str
    span: Span = field(repr=False)


@frozen
class Study:
    """A study of a design: parameters that vary, and what is asked of each point."""

    name: str
    varies: tuple[Vary, ...]
    goals: tuple[Goal, ...]
    span: Span = field(repr=False)
    doc: str = ""


@frozen(eq=False)
class Component(Definition):
    """A definition with its arguments filled in. Made once for each distinct arguments and shared.

    `bases` are the definitions it is a variant of, nearest first. `whole` is False when an error left
    something out, so that what is missing is not reported again.
    """

    id: str
    name: str
    kind: str
    bases: tuple[str, ...]
    arguments: Mapping[str, Value]
    attributes: Mapping[str, Attribute]
    instances: Mapping[str, Instance]
    ports: Mapping[str, Port]
    links: tuple[Link, ...]
    placements: tuple[Placement, ...]
    requirements: tuple[Requirement, ...]
    expectations: tuple[Expectation, ...]
    span: Span = field(repr=False)
    doc: str = ""
    whole: bool = True
    views: tuple[View, ...] = ()
    runs: tuple[Run, ...] = ()
    studies: tuple[Study, ...] = ()
    vocabulary: Vocabulary = field(default=STANDARD, repr=False)  # of the whole design

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id}>"

    def get(self, name: str) -> Value | None:
        """The value of an attribute, or None when it has none or it is unknown."""
        attribute = self.attributes.get(name)
        return attribute.value if attribute is not None and attribute.known else None

    def quantity(self, name: str) -> Quantity | None:
        value = self.get(name)
        return value if isinstance(value, Quantity) else None

    def text(self, name: str) -> str:
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def is_a(self, name: str) -> bool:
        """Whether it is `name`, a variant of it, or of that kind."""
        return name in (self.name, self.kind) or name in self.bases

    def at(self, path: tuple[str, ...]) -> tuple[Component, int]:
        """The component at a path of instance names, and how many of it there are. Raises KeyError."""
        here, many = self, 1
        for name in path:
            instance = here.instances[name]
            here, many = instance.component, many * instance.count
        return here, many

    @cached_property
    def _placed(self) -> Mapping[str, tuple[Placement, ...]]:
        found: dict[str, list[Placement]] = {}
        for placement in self.placements:
            found.setdefault(placement.path[0].name, []).append(placement)
        return {name: tuple(those) for name, those in found.items()}

    def placements_of(self, name: str) -> tuple[Placement, ...]:
        """The placements of an instance, or of what is inside it."""
        return self._placed.get(name, ())

    def resolve(self, end: End) -> tuple[Component, Port]:
        """The component that has the port of an end, and the port."""
        owner, _ = self.at(tuple(s.name for s in end.steps))
        return owner, owner.ports[end.port.name]

    def shape_at(self, path: tuple[str, ...]) -> tuple[int, ...]:
        """The sizes of all indices along a path of instance names. Raises KeyError."""
        here: Component = self
        shape: tuple[int, ...] = ()
        for name in path:
            instance = here.instances[name]
            here, shape = instance.component, (*shape, *instance.shape)
        return shape

    def shape_of(self, end: End) -> tuple[int, ...]:
        """The sizes of all indices of an end, instances first."""
        _, port = self.resolve(end)
        return (*self.shape_at(tuple(s.name for s in end.steps)), *port.shape)


def descendants(root: Component) -> Iterator[Component]:
    """Every distinct component below `root` and `root` itself, each once, parents before children."""
    seen: dict[Component, None] = {}
    entered: set[Component] = set()
    stack = [(root, False)]
    while stack:
        component, done = stack.pop()
        if done:
            seen[component] = None
        elif component not in entered:
            entered.add(component)
            stack.append((component, True))
            stack += [(instance.component, False) for instance in reversed(list(component.instances.values()))]
    yield from reversed(list(seen))
