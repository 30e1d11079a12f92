"""Which devices of the power tree are alike, and what each of their failures takes with it."""

from __future__ import annotations

from typing import Any

from cmxdsl.analysis.network.alike import codes
from cmxdsl.analysis.network.graph import fabric
from cmxdsl.analysis.power.feeds import PLANE, PowerNet
from cmxdsl.analysis.power.outages import Outages, outages
from cmxdsl.limits import LimitExceeded
from cmxdsl.model import Subject


def power_failures(subject: Subject, plane: PowerNet, own: Any) -> list[Outages]:
    """Of each array of devices that feed others what the failure of one does, at worst; see `outages`."""
    return outages(plane, own, _alike(subject, plane, own))


def _alike(subject: Subject, plane: PowerNet, own: Any) -> Any:
    """A number for each device of the power plane; of one array, those of one number fail alike. None where nothing is
    proved: the plane is too large, devices of one array feed each other (the proof is blind to who feeds whom), or like
    devices draw unlike power."""
    import numpy as np

    if bool((plane.array[plane.feeder] == plane.array[plane.drawer]).any()):
        return None
    try:
        symmetric = fabric(subject, PLANE).symmetric
    except LimitExceeded:
        return None
    found = np.zeros(plane.size, dtype=np.uint64)
    for group in plane.groups:
        part = slice(group.start, group.start + group.count)
        if group.names not in symmetric.digits:
            found[part] = np.arange(group.count)
            continue
        found[part] = codes(symmetric, [(group.names, np.arange(group.count), 1)])
        _, which = np.unique(found[part], return_inverse=True)
        least, most = np.full(which.max(initial=0) + 1, np.inf), np.zeros(which.max(initial=0) + 1)
        np.minimum.at(least, which, own[part])
        np.maximum.at(most, which, own[part])
        if not np.array_equal(least, most):
            return None
    return found
