"""What can be wrong with what was built: CMX121x cables, CMX122x devices, CMX123x parts. The example is of a dump."""

from __future__ import annotations

from cmxdsl.diagnostics import Rule, Severity

ANOTHER = Rule(
    "CMX1210",
    "This looks like another fabric",
    "Less than half of the devices or of the cables are those of the design, so that a list of differences would be a "
    "list of everything.",
    "the dump of the pod next door\n",
    fix="check which design, which plane and which map of names the dump belongs to",
)
MISSING = Rule(
    "CMX1211",
    "A cable is missing",
    "Both devices are there, and between two of their ports that the design joins there is no link: no cable, one that "
    "is not seated, or one whose light does not arrive.",
    "leaf and spine are there, the line of their ports is not\n",
    fix="look whether the cable is plugged at both ends and its transceivers see light",
)
EXTRA = Rule(
    "CMX1212",
    "There is a cable that the design does not have",
    "Two ports are joined that the design leaves free.",
    "a line for ports that are to be free\n",
    fix="take the cable out, or write it into the design",
)
SWAPPED = Rule(
    "CMX1213",
    "Cables are swapped",
    "As many cables as there should be leave these ports, and they reach one another's ends.",
    "leaf 1 is joined to where leaf 2 should be, and leaf 2 to where leaf 1 should be\n",
    fix="exchange the ends at one side",
)
MISPLACED = Rule(
    "CMX1214",
    "A cable is in the wrong port",
    "One end is where the design has it, the other is in another port.",
    "a line with the far port 7 where 8 was meant\n",
    fix="move that end",
)
TURNED = Rule(
    "CMX1215",
    "The ports of a device are taken in another order",
    "All of its cables reach the devices that they should reach, but through each other's ports, as when a panel was "
    "counted from the other end or from 0. That is one mistake, not one for each cable.",
    "every port of a leaf one further than meant\n",
    fix="move the cables of that device together, or set the port map in the design",
)
STANDS_FOR = Rule(
    "CMX1216",
    "A device is cabled as another one",
    "Its cables go where those of another device should, as when two leaves were exchanged, or a leaf was put on the "
    "wrong rail or plane.",
    "leaf 3 of rail 2 has the cables of leaf 3 of rail 5\n",
    fix="exchange their names where both are alike, else their cables",
)
PARALLEL = Rule(
    "CMX1217",
    "Parallel cables are crossed",
    "Several cables join the same two devices, and through one another's ports. Traffic does not notice; whoever looks "
    "for a broken one will pull another.",
    "ports 1 and 2 of a leaf at ports 2 and 1 of its spine\n",
    Severity.NOTE,
    fix="exchange the ends at one side when next there",
)
ABSENT = Rule(
    "CMX1220",
    "A device is not there",
    "No device that was seen is this one. What is joined to nothing else is not seen either.",
    "no line of leaf 5\n",
    fix="look whether it is powered, and whether any cable of it has a link",
)
STRANGE = Rule(
    "CMX1221",
    "A device is there that the design does not have",
    "It has a place in no array of the plane, by name or by what it is joined to.",
    "a test server that was left plugged in\n",
    Severity.WARNING,
    fix="take it out, or write it into the design",
)
APART = Rule(
    "CMX1222",
    "Another fabric is in the dump",
    "These devices are joined to one another and to nothing of the design.",
    "a second fabric whose dump was appended\n",
    fix="make one dump of each fabric",
)
NAMED = Rule(
    "CMX1223",
    "Devices do not bear their names",
    "They are told by what they are plugged into, not by what they call themselves: nobody has named them yet, or a "
    "wrong cable looks like a wrong name.",
    "an adapter that is called MT4129\n",
    Severity.NOTE,
    fix="name them, so that a wrong cable of theirs is told from a right one",
)
TWICE = Rule(
    "CMX1224",
    "Two devices have one name",
    "The second is compared as one without a name.",
    "two hosts that are both called node-17\n",
    Severity.WARNING,
    fix="rename the one that is not meant",
)
SLOW = Rule(
    "CMX1230",
    "A link runs slower than meant",
    "It came up with fewer lanes or at a lower rate: a cable or transceiver of another kind, dirt, or a port that is "
    "set so.",
    "4xHDR where 4xNDR was meant\n",
    fix="look at the cable and its transceivers, then at the setting of both ports",
)
PART = Rule(
    "CMX1231",
    "A device is of another part",
    "What it says of itself is not the part number that the design has.",
    "a QM9700 where the design has a QM9790\n",
    fix="exchange it, or correct the part in the design",
)
LENGTH = Rule(
    "CMX1232",
    "A cable has another length",
    "The length that was read from the cable is not the stocked length that the design chose for its route.",
    "3 m where 5 m were meant\n",
    Severity.WARNING,
    fix="look whether the cable follows its route",
)
FIRMWARE = Rule(
    "CMX1233",
    "Firmware is of another version",
    "The device says another version than the attribute `firmware` of the design.",
    "28.39.1002 where 28.40.1000 was meant\n",
    Severity.WARNING,
    fix="update it, or state the version in the design",
)


def rules() -> dict[str, Rule]:
    """Every rule about what was built, and about dumps, by its code."""
    from cmxdsl.readers import rules as of_dumps

    every = (*vars(of_dumps).values(), *globals().values())
    return {rule.code: rule for rule in sorted((r for r in every if isinstance(r, Rule)), key=lambda r: r.code)}
