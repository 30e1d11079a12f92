"""cmx: a hardware description and layout language for AI supercomputers.

design = cmxdsl.load("machine.cmx")
design.diagnostics, design.bom(), design.summary(), design.render("topology"), design.ask("total(price)")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Design", "Diagnostic", "Quantity", "load", "loads"]

if TYPE_CHECKING:
    from cmxdsl.design import Design, load, loads
    from cmxdsl.diagnostics import Diagnostic
    from cmxdsl.units import Quantity

_HOMES = {
    "Design": "design",
    "load": "design",
    "loads": "design",
    "Diagnostic": "diagnostics",
    "Quantity": "units",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when first used, so that `import cmxdsl` costs nothing."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"cmxdsl.{_HOMES[name]}"), name)
    raise AttributeError(name)
