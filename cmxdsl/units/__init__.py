"""Units: dimensions, exact quantities, levels and temperatures, currencies, reading and printing."""

from cmxdsl.units.dimension import Dimension, name_of
from cmxdsl.units.quantity import NOT_ZERO, ZERO, Quantity, TooLarge, UnitFault, number
from cmxdsl.units.text import UnknownUnit, all_symbols, quantity, show, unit, unit_words

__all__ = [
    "NOT_ZERO",
    "ZERO",
    "Dimension",
    "Quantity",
    "TooLarge",
    "UnitFault",
    "UnknownUnit",
    "all_symbols",
    "name_of",
    "number",
    "quantity",
    "show",
    "unit",
    "unit_words",
]
