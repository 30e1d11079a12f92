"""Syntax nodes: what a `.cmx` text says, before anything is looked up. All frozen, all with spans."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from cmxdsl.records import Record
from cmxdsl.source import Span


class Node(Record):
    span: Span


# --- expressions ----------------------------------------------------------------------------------------


class Expr(Node):
    pass


class Number(Expr):
    """A number and its unit; `unit` is empty for a plain number."""

    value: Fraction
    unit: str
    text: str


class Size(Expr):
    """`600 mm x 1200 mm`: a width and a depth."""

    width: Number
    depth: Number


class Text(Expr):
    value: str


class Flag(Expr):
    value: bool


class Unknown(Expr):
    pass


class ListOf(Expr):
    items: tuple[Expr, ...]


class Name(Node):
    text: str


class Segment(Node):
    """One step of a path: a name and, in an array, its indices."""

    name: Name
    indices: tuple[Expr, ...]


class Path(Expr):
    segments: tuple[Segment, ...]

    @property
    def bare(self) -> str | None:
        """The name, when the path is one name without indices."""
        first = self.segments[0]
        return first.name.text if len(self.segments) == 1 and not first.indices else None

    @property
    def dotted(self) -> str:
        return ".".join(s.name.text for s in self.segments)


class Argument(Node):
    name: Name | None
    value: Expr


class Call(Expr):
    """A function, or a definition given arguments: `nv.Torus(4)`."""

    qualifier: Name | None
    function: Name
    arguments: tuple[Argument, ...]

    @property
    def type(self) -> TypeRef:
        """The call as a definition given arguments."""
        return TypeRef(self.span, self.qualifier, self.function, self.arguments)


class Operation(Expr):
    """An operator and its operands: one for `-` and `not`, three for `a if c else b`, two otherwise."""

    operator: str
    operands: tuple[Expr, ...]


# --- statements -----------------------------------------------------------------------------------------


class Cited(Node):
    """What is cited: a `source` by its name and the `place` in it, or, without a name, a text."""

    source: TypeRef | None
    place: str


class Claim(Node):
    """A value and where it comes from: `kind` is `published`, `estimated`, `calibrated` or empty; an estimate has its
    `note`, the others are `cited`."""

    value: Expr
    kind: str
    note: str
    cited: Cited | None


class TypeRef(Node):
    """A definition by name, behind the name of the file that has it (`nv.H100`) where that was given one."""

    qualifier: Name | None
    name: Name
    arguments: tuple[Argument, ...]

    @property
    def dotted(self) -> str:
        return f"{self.qualifier.text}.{self.name.text}" if self.qualifier is not None else self.name.text

    @property
    def names(self) -> Span:
        """Where the name stands, without arguments."""
        return self.qualifier.span.to(self.name.span) if self.qualifier is not None else self.name.span


class Statement(Node):
    pass


class Named(Statement):
    """What gives something in a component a name; `override` where it replaces what a base has."""

    override: bool
    name: Name


class Keyed(Statement):
    """What is about a word of one or several parts: `mass`, `power.peak`."""

    key: tuple[Name, ...]

    @property
    def dotted(self) -> str:
        return ".".join(k.text for k in self.key)

    @property
    def at(self) -> Span:
        """Where the word stands."""
        return self.key[0].span.to(self.key[-1].span)


class Attribute(Keyed):
    claims: tuple[Claim, ...]


class Group(Statement):
    name: Name
    body: tuple[Statement, ...]


class Instance(Named):
    dims: tuple[Expr, ...]
    type: TypeRef
    overrides: tuple[Statement, ...]
    doc: str


class Port(Named):
    dims: tuple[Expr, ...]
    protocol: TypeRef
    overrides: tuple[Statement, ...]
    doc: str


class Range(Node):
    """`k in low..high`, both ends included; without the upper end when it is `open`: `k in low..<high`."""

    name: Name
    low: Expr
    high: Expr
    open: bool


class Expose(Named):
    indices: tuple[Expr, ...]
    target: Path
    ranges: tuple[Range, ...]
    doc: str


class Link(Statement):
    a: Path
    b: Path
    over: TypeRef | None
    via: TypeRef | None
    bundle: Expr | None
    where: Expr | None
    ranges: tuple[Range, ...]


class Coordinate(Node):
    axis: Name
    value: Expr


class Place(Statement):
    path: Path
    coordinates: tuple[Coordinate, ...]
    where: Expr | None
    ranges: tuple[Range, ...]


class Let(Named):
    """`let name = …`, or with parameters `let name(x: power) = …`, a function."""

    parameters: tuple[Parameter, ...] | None
    claim: Claim
    doc: str
    private: bool


class Branch(Node):
    condition: Expr
    body: tuple[Statement, ...]


class If(Statement):
    branches: tuple[Branch, ...]
    otherwise: tuple[Statement, ...]


class Require(Statement):
    """`require`, or `prefer` when `soft`."""

    condition: Expr
    reason: str
    soft: bool


class Expect(Statement):
    expression: Expr
    published: Expr
    within: Expr | None
    cited: Cited
    differs: str


class Finds(Statement):
    """`finds CMX0503, "rate"`: what a test expects to be found, and with `text` a part of the message."""

    code: Name
    text: str


class Setting(Node):
    """A line of a view: `unfold compute, compute.node`."""

    name: Name
    values: tuple[Expr, ...]


class View(Statement):
    name: Name
    settings: tuple[Node, ...]
    doc: str


class Run(Statement):
    """Work on chips: `dimensions` are the parallel ones with their indices, `path` the chip of each rank."""

    name: Name
    work: TypeRef
    dimensions: tuple[Segment, ...]
    path: Path
    ranges: tuple[Range, ...]
    doc: str


class Vary(Node):
    """A line of a study: `vary racks in 4..16 step 4`, or `vary chip in [H100, B200]` (`high` is None).

    `word` is `vary` unless misspelled, and `step_word` likewise, with its step.
    """

    word: Name
    name: Name
    low: Expr
    high: Expr | None
    step_word: Name | None
    step: Expr | None


class Goal(Node):
    """A line of a study: `keep CONDITION`, `report EXPRESSION, name = EXPRESSION`, `minimize …`, `maximize …`."""

    word: Name
    answers: tuple[Argument, ...]


class Study(Statement):
    name: Name
    tasks: tuple[Node, ...]
    doc: str


class Broken(Statement):
    """A statement that could not be read; `names` are the words in it, so that they raise no second error."""

    names: frozenset[str]


# --- files ----------------------------------------------------------------------------------------------


class Use(Node):
    """`use std.optics` (`module`) or `use "file.cmx"` (`path`); `place` is where the one or the other stands.

    With `alias` the file's definitions go by that name: `use std.nvidia as nv` and `nv.H100`.
    """

    path: str
    module: str
    place: Span
    alias: Name | None


class Plane(Keyed):
    """`plane storage "network to storage servers"`."""

    meaning: str


class Declared(Keyed):
    """An attribute that the schema does not have: `attribute ripple: power of rack "at the shelf" adds`."""

    type: Name
    kinds: tuple[Name, ...]
    meaning: str
    adds: bool


class Parameter(Node):
    name: Name
    type: Name
    default: Expr | None


class Definition(Node):
    private: bool
    kind: Name
    name: Name
    parameters: tuple[Parameter, ...]
    base: TypeRef | None
    body: tuple[Statement, ...]
    doc: str


class Test(Node):
    """`test "two leaves" { … }`; the definition is the test's own system, which goes by its title."""

    definition: Definition

    @property
    def title(self) -> Name:
        return self.definition.name


class Comment(Node):
    text: str


class File(Node):
    items: tuple[Node, ...]
    doc: str
    comments: tuple[Comment, ...]

    @property
    def uses(self) -> tuple[Use, ...]:
        return tuple(i for i in self.items if isinstance(i, Use))

    @property
    def definitions(self) -> tuple[Definition, ...]:
        return tuple(i for i in self.items if isinstance(i, Definition))

    @property
    def declared(self) -> tuple[Plane | Declared, ...]:
        return tuple(i for i in self.items if isinstance(i, (Plane, Declared)))

    @property
    def lets(self) -> tuple[Let, ...]:
        return tuple(i for i in self.items if isinstance(i, Let))

    @property
    def tests(self) -> tuple[Test, ...]:
        return tuple(i for i in self.items if isinstance(i, Test))

    @property
    def broken(self) -> frozenset[str]:
        names: set[str] = set()
        for item in self.items:
            if isinstance(item, Broken):
                names |= item.names
        return frozenset(names)


_PLAIN = frozenset(
    (
        "span",
        "place",
        "text",
        "unit",
        "doc",
        "operator",
        "reason",
        "soft",
        "note",
        "differs",
        "override",
        "private",
        "meaning",
        "adds",
        "open",
    )
)
_FIELDS: dict[type, tuple[str, ...]] = {}  # by kind of node: the fields that can hold nodes


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below `node`, in the order of the text."""
    kind = type(node)
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(name for name in kind.fields if name not in _PLAIN)
    for name in _FIELDS[kind]:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it."""
    stack = [node]
    while stack:
        here = stack.pop()
        yield here
        stack.extend(reversed(list(children(here))))
