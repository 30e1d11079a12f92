"""The indices of a step of a path, and the orders in which they fit its array."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

from cmxdsl.fixes import Edit, Fix, Help
from cmxdsl.records import frozen
from cmxdsl.source import Span
from cmxdsl.syntax import nodes as n

MAX_RANK = 5  # dimensions of which every order is tried


@frozen
class Range:
    """The values of an index variable: from `start` up to `stop`, which is not one of them."""

    start: int
    stop: int
    span: Span
    what: str
    given: bool = False  # with `for`, and not by a dimension that the variable is alone in brackets at


@frozen
class Indexed:
    """An index expression and the dimension that it indexes."""

    expr: n.Expr
    size: int
    what: str

    @property
    def bare(self) -> str | None:
        """The name that stands alone in the brackets."""
        return self.expr.bare if isinstance(self.expr, n.Path) else None


def permutations(uses: Sequence[Indexed]) -> Iterable[Sequence[Indexed]]:
    """Every other order of the indices of a step."""
    if 2 <= len(uses) <= MAX_RANK:
        yield from list(itertools.permutations(uses))[1:]


def reordered(uses: Sequence[Indexed], order: Sequence[Indexed]) -> list[Indexed]:
    """The indices in another order, each with the dimension it then stands at."""
    return [Indexed(o.expr, u.size, u.what) for u, o in zip(uses, order, strict=True)]


def agree(uses: Iterable[Indexed], ranges: Mapping[str, Range], is_value: Callable[[str], bool]) -> bool:
    """Whether each variable finds one size wherever it is alone in brackets, and each plain number is inside."""
    sizes: dict[str, int] = {}
    for use in uses:
        name = use.bare
        if isinstance(use.expr, n.Number) and use.expr.value >= use.size:
            return False
        if name is None or is_value(name):
            continue
        known = ranges.get(name)
        if known is not None and known.given:
            if known.stop > use.size:
                return False
        elif sizes.setdefault(name, use.size) != use.size:
            return False
    return True


def wrong_order(segment: n.Segment, uses: Sequence[Indexed]) -> str:
    """The message for a step whose indices fit in another order."""
    size = " x ".join(str(use.size) for use in uses)
    return f"the indices of `{segment.name.text}`, an array of {size}, are in the wrong order"


def in_order(
    text_of: Callable[[Span], str], orders: Iterable[tuple[n.Segment, Sequence[Indexed], Sequence[Indexed]]]
) -> Help:
    """The ways to write the indices of steps in orders that fit their arrays."""
    fixes, words = [], []
    for segment, uses, order in orders:
        texts = [text_of(use.expr.span) for use in order]
        words.append(f"`{segment.name.text}[{', '.join(texts)}]`")
        changed = [(u, text) for u, o, text in zip(uses, order, texts, strict=True) if u is not o]
        fixes.append(Fix(f"Change to {words[-1]}", tuple(Edit(u.expr.span, text) for u, text in changed)))
    return Help(f"did you mean {' or '.join(words)}?", tuple(fixes)) if fixes else Help()
