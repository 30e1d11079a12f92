"""Index notation: paths with indices, the ranges that their variables take, and the checks on both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cmxdsl.diagnostics import Findings, Related, closest, nearest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.expressions import constant, resolve, whole_number
from cmxdsl.elaborate.index_notation.order import Indexed, Range, agree, in_order, permutations, reordered, wrong_order
from cmxdsl.elaborate.scope import Scope
from cmxdsl.fixes import Help
from cmxdsl.model import Component, Const, Dim, End, Expr, Op, Port, Step, Var, index
from cmxdsl.records import define, field, frozen
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax.fixes import ranged, whole_division, without
from cmxdsl.units import Quantity


@frozen
class _Walked:
    """A path with its instances found: the sizes are known, the indices not resolved yet."""

    names: tuple[str, ...]
    uses: tuple[tuple[Indexed, ...], ...]
    port: Port | None


@define
class Indexing:
    """Collects the variables of one statement, from `for` and from indices that stand bare."""

    scope: Scope
    statement: n.Link | n.Place | n.Expose | n.Run
    ranges: dict[str, Range] = field(factory=dict)
    failed: bool = False
    segments: list[tuple[n.Segment, tuple[Indexed, ...]]] = field(factory=list)  # in the order of the text
    clashes: list[tuple[Indexed, Range]] = field(factory=list)  # a variable's sizes that differ
    resolved: dict[Span, Expr] = field(factory=dict)  # the index at each place
    pending: list[tuple[Indexed, Expr]] = field(factory=list)  # indices that may leave their array

    @property
    def findings(self) -> Findings:
        return self.scope.findings

    @property
    def domain(self) -> index.Domain:
        return tuple(Dim(name, r.start, r.stop) for name, r in self.ranges.items())

    def bind_ranges(self, ranges: Iterable[n.Range]) -> None:
        """`for k in low..high`, `for k in low..<stop`."""
        for r in ranges:
            low, stop = whole_number(r.low, self.scope, "a range's start"), _stop(r, self.scope)
            if low is None or stop is None:
                self.failed = True
                continue
            if r.name.text in self.ranges:
                self.findings.add(rules.DUPLICATE.at(r.name.span, f"`{r.name.text}` has two ranges"))
                self.failed = True
            self.ranges[r.name.text] = Range(low, stop, r.name.span, "the range in `for`", given=True)

    # --- paths --------------------------------------------------------------------------------------------

    def walk(self, path: n.Path, to_port: bool) -> _Walked | None:
        """Find what a path names, and bind the variables that stand bare in it."""
        uses: list[tuple[Indexed, ...]] = []
        here: Component | None = None
        last = path.segments[-1] if to_port else None
        for segment in path.segments:
            if segment is last:
                port = self.scope.names.port(segment.name.text) if here is None else here.ports.get(segment.name.text)
                if port is None:
                    self.unknown(segment, here, port_wanted=True)
                    return None
                uses.append(self.uses(segment, port.shape))
                return None if self.failed else self.bound(path, uses, port)
            instance = (
                self.scope.names.instance(segment.name.text) if here is None else here.instances.get(segment.name.text)
            )
            if instance is None:
                self.unknown(segment, here, port_wanted=False)
                return None
            uses.append(self.uses(segment, instance.shape))
            here = instance.component
        return None if self.failed else self.bound(path, uses, None)

    def bound(self, path: n.Path, uses: list[tuple[Indexed, ...]], port: Port | None) -> _Walked:
        for group in uses:
            for use in group:
                self.bind(use)
        return _Walked(tuple(s.name.text for s in path.segments), tuple(uses), port)

    def unknown(self, segment: n.Segment, here: Component | None, port_wanted: bool) -> None:
        self.failed = True
        name = segment.name.text
        if here is None and (self.scope.names.lost(name) or self.scope.names.failed_item(name)):
            return
        if here is not None and not here.whole:
            return
        instances = self.scope.names.item_names(ports=False) if here is None else list(here.instances)
        ports = self.scope.names.item_names(ports=True) if here is None else list(here.ports)
        known_here = name in instances or name in ports
        where = f"`{self.scope.names.name if here is None else here.name}`"
        what, declared = ("port", f"port {name}: PROTOCOL") if port_wanted else ("instance", f"{name}[8]: PART")
        if known_here:
            is_, needed = ("an instance", "a port") if port_wanted else ("a port", "an instance")
            message = f"`{name}` of {where} is {is_}, and {needed} is needed here"
            help: str | Help = (
                f"go on to one of its ports: `{name}.PORT`" if port_wanted else "a port is the last name of a path"
            )
        else:
            message = f"{where} has no {what} `{name}`"
            wanted = ports if port_wanted else instances
            help = nearest(name, [*instances, *ports]) or (
                f"it has {quoted(wanted)}" if wanted else f"it has no {what}s: declare one, such as `{declared}`"
            )
        self.findings.add(rules.UNKNOWN_PART.at(segment.name.span, message, help))

    def uses(self, segment: n.Segment, shape: tuple[int, ...]) -> tuple[Indexed, ...]:
        if len(segment.indices) != len(shape):
            size = " x ".join(str(s) for s in shape)
            has = f"is an array of {size}" if shape else "is a single one"
            name = segment.name.text
            given = len(segment.indices)
            message = f"`{name}` {has}, and {given or 'no'} {'index is' if given == 1 else 'indices are'} given"
            self.findings.add(rules.RANK.at(segment.span, message, self.with_rank(segment, len(shape))))
            self.failed = True
            return ()
        uses = tuple(
            Indexed(expr, size, f"`{segment.name.text}`, of size {size}")
            for expr, size in zip(segment.indices, shape, strict=True)
        )
        self.segments.append((segment, uses))
        return uses

    def with_rank(self, segment: n.Segment, rank: int) -> Help:
        """The same step with as many indices as the array has dimensions: those given, then new variables."""
        name, given = segment.name.text, [self.scope.maker.text_of(i.span) for i in segment.indices]
        if rank == 0:
            return Help(f"write `{name}` without brackets", instead=name)
        if len(given) > rank:
            return Help(f"leave {len(given) - rank} of them out")
        new = (word for word in (*"ijklmnpq", *(f"i{k}" for k in range(rank))) if word not in given)
        text = f"{name}[{', '.join([*given, *(next(new) for _ in range(rank - len(given)))])}]"
        return Help(f"write `{text}`", instead=text)

    def bind(self, use: Indexed) -> None:
        """Give a variable that is alone in brackets the range of its dimension."""
        name = use.bare
        if name is None or self.is_value(name):
            return
        earlier = self.ranges.get(name)
        if earlier is None:
            self.ranges[name] = Range(0, use.size, use.expr.span, use.what)
        elif not earlier.given and earlier.stop != use.size:
            self.clashes.append((use, earlier))

    def is_value(self, name: str) -> bool:
        """Whether a bare name is a known value rather than an index variable."""
        return name in self.scope.parameters or self.scope.names.is_value(name)

    def report_clashes(self) -> None:
        """Report the variables that range over two sizes, once all paths are walked."""
        clashes, self.clashes = self.clashes, []
        if not clashes:
            return
        self.failed = True
        orders = [
            (segment, uses, order)
            for segment, uses in self.segments
            for order in permutations(uses)
            if agree([*self.others(segment), *reordered(uses, order)], self.ranges, self.is_value)
        ]
        if len({segment.span for segment, _, _ in orders}) == 1:
            segment, uses, _ = orders[0]
            self.findings.add(rules.SIZES_DISAGREE.at(segment.span, wrong_order(segment, uses), self.in_order(orders)))
            return
        for use, earlier in clashes[: 1 if orders else None]:
            related = [Related(earlier.span, f"here it ranges over {earlier.what}")]
            name, most = use.bare, min(use.size, earlier.stop)
            message = f"`{name}` ranges over {use.what}, here, and over size {earlier.stop} elsewhere"
            words = f"{name} in 0..{most - 1}"
            fixes = (ranged(self.statement, words),) if len(clashes) == 1 and most else ()
            common = Help(f"give it the range that both have, such as `for {words}`", fixes)
            self.findings.add(rules.SIZES_DISAGREE.at(use.expr.span, message, self.in_order(orders) or common, related))

    def others(self, segment: n.Segment) -> list[Indexed]:
        """The indices of all other steps."""
        return [use for other, uses in self.segments if other is not segment for use in uses]

    def in_order(self, orders: Iterable[tuple[n.Segment, Sequence[Indexed], Sequence[Indexed]]]) -> Help:
        return in_order(self.scope.maker.text_of, orders)

    def close(self, walked: _Walked | None) -> list[Step] | None:
        """Resolve a walked path's indices, once all variables are bound, and check their ranges."""
        self.report_clashes()
        if walked is None or self.failed:
            return None
        steps = []
        for name, uses in zip(walked.names, walked.uses, strict=True):
            indices = [self.index(use) for use in uses]
            if any(i is None for i in indices):
                self.failed = True
                return None
            steps.append(Step(name, tuple(i for i in indices if i is not None)))
        return steps

    def end(self, walked: _Walked | None) -> End | None:
        """The port of a closed path, exposed ports followed to the real one."""
        steps = self.close(walked)
        if steps is None or walked is None or walked.port is None:
            return None
        port, last = walked.port, steps[-1]
        if port.exposes is None:
            return End(tuple(steps[:-1]), last)
        names = [d.name for d in port.exposes.domain]
        target = substitute(port.exposes.target, dict(zip(names, last.indices, strict=True)))
        return End((*steps[:-1], *target.steps), target.port)

    # --- indices ------------------------------------------------------------------------------------------

    def resolve(self, expr: n.Expr) -> Expr | None:
        """An index expression or condition, its free names being the bound variables."""
        for node in n.walk(expr):
            if not isinstance(node, n.Path) or node.bare is None:
                continue
            name = node.bare
            if name in self.ranges or self.is_value(name):
                continue
            if not self.scope.names.lost(name):
                message = f"unbound index variable `{name}`"
                self.findings.add(rules.UNBOUND.at(node.span, message, self.bound_near(name)))
            self.failed = True
            return None
        return resolve(expr, self.scope.with_indices(self.ranges))

    def bound_near(self, name: str) -> Help:
        """What to write for a variable without a range: one that has a range, or a range for it."""
        near = closest(name, [*self.ranges, *self.scope.parameters])
        if near is None and len(self.ranges) == 1:
            near = next(iter(self.ranges))
        add = f"`for {name} in 0..n`"
        if near is not None:
            return Help(f"did you mean `{near}`? A variable of its own needs a range: {add}", instead=near)
        known = f"those with a range are {quoted(self.ranges)}; " if self.ranges else ""
        return Help(f"{known}add {add}")

    def index(self, use: Indexed) -> Expr | None:
        expr = self.resolve(use.expr)
        if expr is None:
            return None
        try:
            if index.size(self.domain) == 0:
                return expr
            low, high = index.interval(expr, self.domain)
        except index.BadIndex as error:
            fixes = whole_division(self.scope.file.source, use.expr)
            self.findings.add(rules.BAD_INDEX.at(use.expr.span, str(error), fixes=fixes))
            return None
        self.resolved[use.expr.span] = expr
        if low < 0 or high >= use.size:
            self.pending.append((use, expr))
        return expr

    def check_ranges(self, where: Expr | None) -> None:
        """Report each index that leaves its array, with a tuple for which it does."""
        reported: set[Span] = set()  # steps whose indices are in the wrong order, said once
        for use, expr in self.pending:
            segment, uses = next((s, us) for s, us in self.segments if use in us)
            if segment.span in reported:
                continue
            try:
                bad = self.offender(expr, use.size, where)
            except index.TooMany as error:
                self.too_many(use.expr.span, error.size)
                continue
            if bad is None:
                continue
            self.failed = True
            orders = [(segment, uses, order) for order in permutations(uses) if self.inside(segment, uses, order)]
            if orders:
                reported.add(segment.span)
                help = self.in_order(orders)
                self.findings.add(rules.OUT_OF_RANGE.at(segment.span, wrong_order(segment, uses), help))
                continue
            given, value = bad
            at = ", ".join(f"{k} = {v}" for k, v in given.items())
            message = f"index {value} is outside {use.what}" + (f", at {at}" if at else "")
            last = use.size - 1
            self.findings.add(
                rules.OUT_OF_RANGE.at(
                    use.expr.span, message, f"indices run from 0 to {last}" if last >= 0 else "it is empty"
                )
            )

    def inside(self, segment: n.Segment, uses: Sequence[Indexed], order: Sequence[Indexed]) -> bool:
        """Whether the indices of a step, in another order, stay inside its array."""
        own = {use.expr.span for use in uses}
        if any(r.span in own for r in self.ranges.values()):  # another order would change the ranges
            return False
        bounds = [index.interval(self.resolved[use.expr.span], self.domain) for use in order]
        return all(low >= 0 and high < use.size for (low, high), use in zip(bounds, uses, strict=True))

    def offender(self, expr: Expr, size: int, where: Expr | None) -> tuple[dict[str, int], int] | None:
        used = index.variables(expr) | (index.variables(where) if where is not None else set())
        domain = tuple(d for d in self.domain if d.name in used)
        form = index.affine(expr)
        if where is None and form is not None:
            low, high = index.interval(expr, domain)
            given = index.at_extreme(form, domain, highest=high >= size)
            given = {k: v for k, v in given.items() if k in form.coefficients}
            return given, high if high >= size else low
        import numpy as np

        for env in index.chunks(domain, where):
            values = np.broadcast_to(index.evaluate(expr, env), (len(next(iter(env.values()), [0])),))
            wrong = np.flatnonzero((values < 0) | (values >= size))
            if len(wrong):
                first = int(wrong[0])
                return {k: int(v[first]) for k, v in env.items()}, int(values[first])
        return None

    def too_many(self, span: Span, size: int) -> None:
        self.failed = True
        message = f"too many tuples to check: {size:,} (limit {index.LIMIT:,})"
        self.findings.add(rules.TOO_MANY.at(span, message, "write it with linear indices and without `where`"))

    def finish(self, where_node: n.Expr | None, span: Span) -> tuple[Expr | None, int] | None:
        """The condition and the number of tuples, after all ranges were checked; None after an error."""
        where = self.resolve(where_node) if where_node is not None else None
        if where_node is not None and where is None:
            return None
        try:
            if where is not None and not _is_condition(where):
                raise index.BadIndex("a condition is true or false, such as `i < j`")
            self.check_ranges(where)
            many = index.count(self.domain, where)
        except index.BadIndex as error:
            self.findings.add(rules.BAD_INDEX.at(where_node.span if where_node else span, str(error)))
            return None
        except index.TooMany as error:
            self.too_many(where_node.span if where_node else span, error.size)
            return None
        if self.failed:
            return None
        if many == 0 and index.size(self.domain) > 0:
            message = "the condition is never true, so this has no effect"
            fixes = [without(self.scope.file.source, self.statement)]
            self.findings.add(rules.EMPTY_PATTERN.at(span, message, fixes=fixes))
        return where, many


def _stop(node: n.Range, scope: Scope) -> int | None:
    """The number behind a range's last, which may be its start (`0..n - 1` and `0..<n` with n = 0)."""
    value = constant(node.high, scope)
    last = 0 if node.open else 1
    if isinstance(value, Quantity) and value.is_integer and value.value + last >= 0:
        return int(value.value) + last
    if value is not None:
        scope.findings.add(rules.NOT_COUNT.at(node.high.span, "a range's end is a whole number"))
    return None


def _is_condition(expr: Expr) -> bool:
    if isinstance(expr, Op) and expr.operator == "if":
        return all(_is_condition(o) for o in expr.operands)
    if isinstance(expr, Op):
        return expr.operator in ("and", "or", "not", "==", "!=", "<", "<=", ">", ">=")
    return isinstance(expr, Const) and isinstance(expr.value, bool)


def substitute(end: End, values: Mapping[str, Expr]) -> End:
    """The end with expressions in the place of its variables."""

    def replace(expr: Expr) -> Expr:
        if isinstance(expr, Var):
            return values[expr.name]
        if isinstance(expr, Op):
            return Op(expr.operator, tuple(replace(o) for o in expr.operands), expr.span)
        return expr

    def step(s: Step) -> Step:
        return Step(s.name, tuple(replace(e) for e in s.indices))

    return End(tuple(step(s) for s in end.steps), step(end.port))
