"""Rules about what tools on the real machine print: CMX120x."""

from __future__ import annotations

from cmxdsl.diagnostics import Rule, Severity

DAMAGED = Rule(
    "CMX1201",
    "A dump is damaged",
    "A line is cut short, or not one of the format. What follows it cannot be trusted, so that nothing of the "
    "file is compared.",
    'Switch 65 "S-0002c9000000000\n',
    fix="make the dump again, and copy it whole",
)
UNKNOWN_FORMAT = Rule(
    "CMX1202",
    "The format of a dump is not known",
    "The first lines of the file are those of no format that is read.",
    "hello\n",
    fix="name the format (`--reader` of `cmx verify`, `--from` of `cmx import`), or write a CSV file whose columns are "
    "a_device, a_port, b_device, b_port",
)
CONTRADICTION = Rule(
    "CMX1203",
    "Dumps contradict one another",
    "One port has one cable, and one GUID is one device. Where two lines say otherwise, two fabrics were mixed, a dump "
    "was made while somebody moved cables, or an adapter was cloned with its GUID.",
    "leaf1,swp1,spine1,swp1\nleaf1,swp1,spine2,swp1\n",
    fix="make one dump of one fabric while nobody works on it",
)
NO_LINKS = Rule(
    "CMX1204",
    "A dump holds no link",
    "Nothing can be compared. A dump made from a port that is down looks like this.",
    "# a file of comments only\n",
    Severity.ERROR,
    fix="make the dump from a node that is connected",
)
STRANGE = Rule(
    "CMX1205",
    "A file says what its format does not have",
    "A key is not one of the format, or a value is not one that the key takes. The rest of the file can be sound, so "
    "that this is left out and the rest is read.",
    "u_heigth: 2\n",
    Severity.WARNING,
    fix="correct the key or the value; or the file is of a newer version than the one that is read",
)
INCONSISTENT = Rule(
    "CMX1206",
    "A part contradicts itself",
    "Two places of one file cannot both be right: what the supplies take and what the text says that the box draws, an "
    "outlet that names no inlet of the file, a port that a row of ports leaves out.",
    "comments: 6.5 kW\npower-ports:\n  - {name: PS1, type: iec-60320-c14, maximum_draw: 1071}\n",
    Severity.WARNING,
    fix="look into the data sheet; what the contradiction is about is unknown in the design",
)
NO_READER = Rule(
    "CMX1207",
    "A file needs a library that is not installed",
    "Some formats are read with a library that most users never need.",
    "a file of YAML where PyYAML is not installed\n",
    fix="`pip install 'cmxdsl[import]'`",
)
