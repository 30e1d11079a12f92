"""What becomes cmx text: each format listed here with what writes it, with what it was proved, and what is lost.

`looks` tells a format by the beginning of a file; docs/interchange.md is made from these rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from cmxdsl.diagnostics import Diagnostic
from cmxdsl.limits import LimitExceeded, over
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.readers.device_types import looks_like_type
from cmxdsl.readers.hwloc import looks_like_hwloc
from cmxdsl.readers.nccl import looks_like_nccl
from cmxdsl.readers.topo_matrix import looks_like_matrix
from cmxdsl.records import frozen

_HERE = "cmxdsl.outputs.importing"
_HEAD = 65_536  # bytes that a format is told by
MAX_FILES = 10_000


@frozen
class Written:
    """A text of cmx in canonical style, and what is to be said of the files that it was made of. Without a text, none
    of it can be trusted."""

    text: str
    problems: tuple[Diagnostic, ...] = ()


@frozen
class Import:
    """A format: what writes it, what proved the reading, what is lost, the suffixes that its files have in a folder."""

    name: str
    title: str
    written: str
    proved: str
    lost: str
    suffixes: tuple[str, ...]
    looks: Callable[[str], bool]
    function: str


_ROWS = (
    Import(
        "device-type",
        "device, module and rack types of NetBox: parts",
        "NetBox, and the community's library of device types",
        "3,769 types of Nautobot's copy of the library, and six of 2026",
        "consoles, bays, panels, depth; what several supplies draw together is an upper bound",
        ("yaml", "yml"),
        looks_like_type,
        f"{_HERE}.device_types:read",
    ),
    Import(
        "nccl",
        "topology of one machine, version 1: a board",
        "NCCL (`NCCL_TOPO_DUMP_FILE`), clouds' images",
        "Azure's files for ND v5 and NC v4, a dump of an HGX H200",
        "affinity of processors, latencies, GUIDs, what is neither accelerator nor adapter nor switch",
        ("xml",),
        looks_like_nccl,
        f"{_HERE}.boards:read",
    ),
    Import(
        "hwloc",
        "XML of one machine, of hwloc 2 and 3: a board",
        "`lstopo machine.xml`",
        "lstopo 2.9; the 68 machines of hwloc's own tests, among them a DGX-2H",
        "caches, cores but their number, drives and USB, sizes of pages",
        ("xml",),
        looks_like_hwloc,
        f"{_HERE}.boards:read",
    ),
    Import(
        "nvidia-smi",
        "`nvidia-smi topo -m`: a board",
        "NVIDIA's driver",
        "matrices of an HGX H200, an HGX H100, an A800",
        "rates, models, how many bridges are in a row",
        ("txt", "log"),
        looks_like_matrix,
        f"{_HERE}.boards:read",
    ),
)
IMPORTS = {row.name: row for row in _ROWS}


def import_files(paths: Sequence[str], format: str, plane: str) -> Written:
    """Text of cmx for some files of one format, or folders of them. Raises Unwritable, LimitExceeded, OSError."""
    row = IMPORTS[format]
    module, _, function = row.function.partition(":")
    made: Written = getattr(import_module(module), function)(_files(paths, row), format, plane)
    return made


def format_of(paths: Sequence[str]) -> str:
    """The one format that all of some files are in; nothing where the first is in none of these. Raises OSError."""
    row = next((row for row in _ROWS if row.looks(_head(paths[0], row))), None)
    return row.name if row is not None and all(row.looks(_head(path, row)) for path in paths) else ""


def _head(path: str, row: Import) -> str:
    """The beginning of a file; of the first in a folder."""
    if Path(path).is_dir():
        inside = _inside(path, row)
        if not inside:
            return ""
        path = inside[0]
    with Path(path).open("rb") as stream:
        return stream.read(_HEAD).decode("utf-8", "replace")


def _files(paths: Sequence[str], row: Import) -> Sequence[str]:
    """The files themselves, those of folders by their suffixes."""
    found: list[str] = []
    for path in paths:
        inside = _inside(path, row) if Path(path).is_dir() else [path]
        if not inside:
            raise Unwritable(f"`{path}` holds no file of this format: {', '.join(row.suffixes)}")
        found += inside
    if len(found) > MAX_FILES:
        raise LimitExceeded(over(len(found), MAX_FILES, "files"))
    return found


def _inside(folder: str, row: Import) -> list[str]:
    """The files of a folder that may be of a format, hidden ones and links left out."""
    every = (p for p in Path(folder).rglob("*") if p.suffix[1:] in row.suffixes)
    return sorted(str(p) for p in every if not p.name.startswith(".") and p.is_file() and not p.is_symlink())


__all__ = ["IMPORTS", "Import", "Written", "format_of", "import_files"]
