"""A hardware bill of materials in CycloneDX 1.6 (ECMA-424), with the properties of its `cdx:device` taxonomy."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from cmxdsl.model import Component, Subject

_ROOT = uuid.UUID("6f2c0f0e-3d0c-5f0b-9a51-6c6d7800cafe")  # serial numbers are made from it and the content


def write(subject: Subject) -> Iterator[str]:
    """Every part of the design with its quantity; the same design has the same serial number."""
    components = [
        _component(part, many)
        for part, many in sorted(subject.counts.items(), key=lambda item: item[0].id)
        if part is not subject.top and many
    ]
    top = {"type": "device", "bom-ref": subject.top.id, "name": subject.top.name}
    content: dict[str, Any] = {
        "metadata": {"component": top},
        "components": components,
        "dependencies": [{"ref": subject.top.id, "dependsOn": [c["bom-ref"] for c in components]}],
    }
    serial = uuid.uuid5(_ROOT, json.dumps(content, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    yield json.dumps({**head, **content}, indent=2, ensure_ascii=False) + "\n"


def _component(part: Component, many: int) -> dict[str, Any]:
    properties = {
        "cdx:device:quantity": f"{many}",
        "cdx:device:function": part.text("role"),
        "cdx:device:deviceType": part.kind,
        "cdx:device:sku": part.text("part_number"),
    }
    vendor = part.text("vendor")
    return {
        "type": "device",
        "bom-ref": part.id,
        "name": part.name,
        **({"manufacturer": {"name": vendor}} if vendor else {}),
        **({"description": part.text("description")} if part.text("description") else {}),
        "properties": [{"name": name, "value": value} for name, value in properties.items() if value],
    }
