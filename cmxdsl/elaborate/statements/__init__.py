"""The statements of a component: a file each, a function of the scope and the syntax node.

`IN_ORDER` are those that a component keeps in the order of the text, each by the field that it is kept in; `NAMED`
those whose names are their own and hide nothing. The others have a name that expressions know, and are elaborated when
first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cmxdsl.elaborate.scope import Scope
from cmxdsl.elaborate.statements.expect import elaborate_expectation
from cmxdsl.elaborate.statements.link import elaborate_link
from cmxdsl.elaborate.statements.place import elaborate_place
from cmxdsl.elaborate.statements.require import elaborate_requirement
from cmxdsl.elaborate.statements.run import elaborate_run
from cmxdsl.elaborate.statements.study import elaborate_study
from cmxdsl.elaborate.statements.view import elaborate_view
from cmxdsl.syntax import nodes as n

IN_ORDER: dict[type, tuple[str, Callable[[Scope, Any], Any]]] = {
    n.Link: ("links", elaborate_link),
    n.Place: ("placements", elaborate_place),
    n.Require: ("requirements", elaborate_requirement),
    n.Expect: ("expectations", elaborate_expectation),
}

NAMED: dict[type, tuple[str, Callable[[Scope, Any], Any]]] = {
    n.View: ("views", elaborate_view),
    n.Run: ("runs", elaborate_run),
    n.Study: ("studies", elaborate_study),
}
