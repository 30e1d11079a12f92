"""What the words mean: kinds, their attributes, planes. Data that docs, hover, completion and checks read."""

from cmxdsl.schema.attributes import ATTRIBUTES, BY_NAME, AttributeSpec, attributes_of, groups
from cmxdsl.schema.axes import AXES, Axis
from cmxdsl.schema.functions import FUNCTIONS, MASKS, WORDS, FunctionSpec
from cmxdsl.schema.kinds import COLLECTIVES, FAILURES, FORMATS, KINDS, PLANES, Kind
from cmxdsl.schema.views import SETTINGS, VIEWS, Setting
from cmxdsl.schema.vocabulary import STANDARD, Vocabulary, extended, own_attribute

__all__ = [
    "ATTRIBUTES",
    "AXES",
    "BY_NAME",
    "COLLECTIVES",
    "FAILURES",
    "FORMATS",
    "FUNCTIONS",
    "KINDS",
    "MASKS",
    "PLANES",
    "SETTINGS",
    "STANDARD",
    "VIEWS",
    "WORDS",
    "AttributeSpec",
    "Axis",
    "FunctionSpec",
    "Kind",
    "Setting",
    "Vocabulary",
    "attributes_of",
    "extended",
    "groups",
    "own_attribute",
]
