"""What checks found, kept between runs: a file that is as it was, with all that it uses, is not checked again.

An entry lists the files that were read, each with its hash, and what was found. It counts only where every one of them,
the tool and what is installed beside it are as they were; an entry that is damaged, cannot be read, or that another
user could have written, is as good as none. A design with errors is not kept, since what it lacks may have come since,
nor one that reads an installed library or standard input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmxdsl.diagnostics import Diagnostic, Related, Severity
from cmxdsl.fixes import Confidence, Edit, Fix
from cmxdsl.source import NotText, Source, Span, decoded, project_root

if TYPE_CHECKING:
    from cmxdsl.design import Design

FOLDER = "CMX_CACHE_DIR"  # the variable that names another folder than the user's; empty: nothing is kept
MAX_BYTES = 1_000_000  # of an entry
MAX_ENTRIES = 2000  # then the older half makes room

Asked = tuple[str, str | None, tuple[str, ...], str | None, bool]  # file, top, sets, root, locked
Found = tuple[tuple[Diagnostic, ...], tuple[Source, ...]]


def recall(asked: Asked) -> Found | None:
    """What a check found that was asked the same about the same texts; None where none is known."""
    with suppress(OSError, ValueError, KeyError, TypeError, NotText):
        entry = _entry(asked)
        return None if entry is None else _read(entry, asked)
    return None


def keep(asked: Asked, design: Design) -> None:
    """Keep what a check found, unless it depends on more than the texts of the project."""
    if not design.ok or design.texts is None:
        return
    project, _ = design.texts
    files = {}
    for key, scope in project.scopes.items():
        if scope.origin is not None and scope.origin.package is not None:
            return
        data = scope.source.text.encode()
        path = key if scope.origin is None else str(scope.origin.where)
        files[scope.source.file] = [path, len(data), sha256(data).hexdigest(), scope.origin is None]
    body = json.dumps({"root": str(project.root), "files": files, "found": [_data(d) for d in design.diagnostics]})
    if len(body) > MAX_BYTES:
        return
    from cmxdsl.outputs.kit.files import write

    with suppress(OSError):  # a full disk, or a home that cannot be written, only costs time
        entry = _entry(asked)
        if entry is not None and _unmoved(files):
            entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make_room(entry.parent)
            write(entry, f"{sha256(body.encode()).hexdigest()}\n{body}")


def _entry(asked: Asked) -> Path | None:
    """Where the answer to a question stands; None where nothing is kept."""
    folder = os.environ.get(FOLDER)
    if folder == "" or asked[0] == "-" or asked[4]:
        return None
    place = _folder(folder)
    if not place.is_absolute():  # nobody's home: a folder `~` in the project would help no one
        return None
    question = json.dumps([_tool(), str(Path.cwd()), *asked[:4]])
    return place / sha256(question.encode()).hexdigest()


@cache
def _folder(named: str | None) -> Path:
    if named is not None:
        return Path(named).absolute() / "checks"
    from platformdirs import user_cache_path

    return user_cache_path("cmx", appauthor=False) / "checks"


@cache
def _tool() -> str:
    """What stands for the tool: the size and time of each of its files, and of the folders of what is installed."""
    seen = [f"{sys.version} {sys.platform}"]
    package = Path(__file__).parents[1]
    for folder in (str(package), str(package.parent / "grammar")):
        seen += sorted(_stamps(folder))
    for place in sys.path[1:]:  # the first is the folder of the script
        with suppress(OSError):
            seen.append(f"{place} {os.stat(place).st_mtime_ns}")  # noqa: PTH116
    return sha256("\n".join(seen).encode()).hexdigest()


def _stamps(folder: str) -> Iterator[str]:
    with suppress(OSError), os.scandir(folder) as inside:
        for item in inside:
            if item.is_dir():
                if item.name != "__pycache__":
                    yield from _stamps(item.path)
            else:
                stat = item.stat()
                yield f"{item.path} {stat.st_size} {stat.st_mtime_ns}"


def _read(entry: Path, asked: Asked) -> Found | None:
    """An entry, where it is whole, our own, and about the texts that stand now."""
    with entry.open("rb") as stream:
        stat = os.fstat(stream.fileno())
        if hasattr(os, "getuid") and (stat.st_uid != os.getuid() or stat.st_mode & 0o002):
            return None
        data = stream.read(MAX_BYTES + 100)
    mark, _, body = data.partition(b"\n")
    if sha256(body).hexdigest().encode() != mark:
        return None
    kept = json.loads(body)
    root = Path(asked[3]).resolve() if asked[3] is not None else project_root(Path(asked[0]))
    if str(root) != kept["root"] or not _unmoved(kept["files"]):
        return None
    texts = {}
    for shown, (path, size, hashed, _own) in kept["files"].items():
        with Path(path).open("rb") as stream:
            data = stream.read(size + 1)
        if len(data) != size or sha256(data).hexdigest() != hashed:
            return None
        texts[shown] = data
    found = tuple(_finding(d) for d in kept["found"])
    return found, tuple(Source(file, decoded(texts[file])) for file in named_in(found) if file in texts)


def named_in(found: tuple[Diagnostic, ...]) -> list[str]:
    """The files that findings are about, in order."""
    places = [d.span for d in found] + [r.span for d in found for r in d.related]
    places += [edit.span for d in found for fix in d.fixes for edit in fix.edits]
    return sorted({place.file for place in places})


def _unmoved(files: Mapping[str, Any]) -> bool:
    """Whether each name still leads to the file that was read, which a link may have changed."""
    return all(
        Path(path).is_file() and (not own or str(Path(shown).resolve()) == path)
        for shown, (path, _size, _mark, own) in files.items()
    )


def _make_room(folder: Path) -> None:
    entries = list(folder.iterdir())
    if len(entries) >= MAX_ENTRIES:
        for entry in sorted(entries, key=lambda e: e.stat().st_mtime_ns)[: MAX_ENTRIES // 2]:
            entry.unlink(missing_ok=True)


# --- findings as JSON and back ------------------------------------------------------------------------------


def _data(d: Diagnostic) -> list[Any]:
    related = [[r.span, r.message] for r in d.related]
    fixes = [[f.title, [[e.span, e.text] for e in f.edits], f.confidence.value] for f in d.fixes]
    return [d.code, d.severity.value, d.span, d.message, d.help, related, fixes]


def _finding(data: list[Any]) -> Diagnostic:
    code, severity, span, message, help, related, fixes = data
    return Diagnostic(
        code,
        Severity(severity),
        Span(*span),
        message,
        help,
        tuple(Related(Span(*place), text) for place, text in related),
        tuple(
            Fix(title, tuple(Edit(Span(*place), text) for place, text in edits), Confidence(sure))
            for title, edits, sure in fixes
        ),
    )
