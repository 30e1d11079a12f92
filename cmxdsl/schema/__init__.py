"""What the words mean: kinds, their attributes, planes. Data that docs, hover, completion and checks read."""

from cmxdsl.schema.attributes import ATTRIBUTES, BY_NAME, AttributeSpec, attributes_of, groups
from cmxdsl.schema.functions import FUNCTIONS, FunctionSpec
from cmxdsl.schema.kinds import KINDS, PLANES, Kind

__all__ = [
    "ATTRIBUTES",
    "BY_NAME",
    "FUNCTIONS",
    "KINDS",
    "PLANES",
    "AttributeSpec",
    "FunctionSpec",
    "Kind",
    "attributes_of",
    "groups",
]
