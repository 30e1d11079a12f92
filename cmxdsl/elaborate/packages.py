"""Libraries of parts that a package manager installed: which of them a project allows, and their files.

A distribution offers its `.cmx` files by an entry point of the group `cmx.libraries`: its name is what `use` says, its
value the folder of the files. They are read as data, by the list of files that the installer recorded, and each must
have the hash that stands there. Nothing of a distribution is imported or run, and nothing is looked at that the
project's `cmx.toml` does not name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cmxdsl.diagnostics import Rule, closest, quoted
from cmxdsl.elaborate import rules
from cmxdsl.records import define, field, frozen

if TYPE_CHECKING:
    from importlib.metadata import PackagePath

    from packaging.requirements import Requirement

GROUP = "cmx.libraries"
MANIFEST, LOCK = "cmx.toml", "cmx.lock"
STD = "std"
MAX_BYTES = 10_000_000  # of a library's file, a manifest or a lock


class LibraryFault(Exception):
    """A library cannot be used; says by which rule, why, and what to do."""

    def __init__(self, rule: Rule, message: str, help: str = "") -> None:
        super().__init__(message)
        self.rule, self.message, self.help = rule, message, help


@frozen(eq=False)
class Library:
    """An installed library: where it comes from, and its `.cmx` files by their paths in its folder."""

    name: str
    distribution: str
    version: str
    files: Mapping[str, PackagePath] = field(repr=False)

    @property
    def modules(self) -> list[str]:
        """What `use` can say: `acme.optics`, `acme.switches.leaf`."""
        return [f"{self.name}.{path.removesuffix('.cmx').replace('/', '.')}" for path in self.files]

    def shown(self, path: str) -> str:
        """What messages call a file of it."""
        return f"{self.name}@{self.version}/{path}"

    def where(self, path: str) -> Path:
        """Where a file of it is on the disk."""
        return Path(str(self.files[path].locate()))

    def read(self, path: str) -> bytes:
        """The bytes of a file, which are those that were installed. Raises LibraryFault."""
        listed = self.files[path].hash
        if listed is None or listed.mode != "sha256":
            message = f"the installed files of `{self.distribution}` are recorded without hashes"
            raise LibraryFault(rules.NOT_INSTALLED, message, "install it as a wheel, not in editable form")
        try:
            with self.where(path).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            raise LibraryFault(rules.NOT_INSTALLED, f"`{self.shown(path)}`: {reason}", self._again) from None
        if len(data) <= MAX_BYTES and _recorded(data) != listed.value:
            message = f"`{self.shown(path)}` was changed after it was installed"
            raise LibraryFault(rules.NOT_INSTALLED, message, self._again)
        return data

    @property
    def _again(self) -> str:
        return f'install it again: `pip install --force-reinstall "{self.distribution}=={self.version}"`'


@define
class Packages:
    """The libraries of one project, each looked up once; with `locked` only as `cmx.lock` has them."""

    root: Path
    locked: bool = False
    _allowed: dict[str, Requirement] | None = None
    _found: dict[str, Library] = field(factory=dict)
    _lock: Mapping[str, Any] | None = None

    @property
    def allowed(self) -> Mapping[str, Requirement]:
        """What `cmx.toml` allows: by each library's name the distribution and its versions. Raises LibraryFault."""
        if self._allowed is None:
            self._allowed = _allowed(_toml(self.root / MANIFEST) or {})
        return self._allowed

    def library(self, name: str) -> Library:
        """The installed library of a name. Raises LibraryFault."""
        if name not in self._found:
            wanted = self.allowed.get(name)
            if wanted is None:
                near = closest(name, [STD, *self.allowed])
                meant = f"did you mean `{near}`? Otherwise " if near else ""
                message = f"this project does not allow a library `{name}`"
                help = f'{meant}write into `{MANIFEST}`, under `[libraries]`: `{name} = "DISTRIBUTION >=1.0"`'
                raise LibraryFault(rules.NOT_ALLOWED, message, help)
            self._found[name] = _installed(name, wanted)
        return self._found[name]

    def find(self, module: str) -> tuple[Library, str]:
        """The library and the file that `use acme.optics` means. Raises LibraryFault."""
        head, _, rest = module.partition(".")
        library, path = self.library(head), rest.replace(".", "/") + ".cmx"
        if path not in library.files:
            near = closest(module, library.modules)
            help = f"did you mean `{near}`?" if near else f"it has {quoted(library.modules)}"
            message = f"`{library.distribution}` {library.version} has no module `{module}`"
            raise LibraryFault(rules.UNKNOWN_MODULE, message, help)
        return library, path

    def read(self, library: Library, path: str) -> bytes:
        """The bytes of a file of a library. Raises LibraryFault, also where they are not the locked ones."""
        data = library.read(path)
        if self.locked:
            self._compare(library, path, data)
        return data

    def _compare(self, library: Library, path: str, data: bytes) -> None:
        if self._lock is None:
            self._lock = _toml(self.root / LOCK)
        if self._lock is None:
            raise LibraryFault(rules.NOT_LOCKED, f"there is no `{LOCK}`", "run `cmx lock`, and keep the file in git")
        entry = _table(_table(self._lock, "libraries"), library.name)
        known = (entry.get("distribution"), entry.get("version"))
        if known != (library.distribution, library.version):
            has = f"has {known[0]} {known[1]}" if entry else "does not have it"
            message = f"`{library.name}` is {library.distribution} {library.version} here, and `{LOCK}` {has}"
            raise LibraryFault(rules.NOT_LOCKED, message, _AGAIN)
        if _table(entry, "files").get(path) != digest(data):
            raise LibraryFault(rules.NOT_LOCKED, f"`{library.shown(path)}` is not the file in `{LOCK}`", _AGAIN)


_AGAIN = "install what is locked, or run `cmx lock` and review what changed"


def _recorded(data: bytes) -> str:
    """The hash of a file as an installer records it."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    return urlsafe_b64encode(sha256(data).digest()).decode().rstrip("=")


def digest(data: bytes) -> str:
    """The hash of a file as a lock has it."""
    from hashlib import sha256  # most designs use no library but the tool's own

    return f"sha256:{sha256(data).hexdigest()}"


def _toml(file: Path) -> dict[str, Any] | None:
    """What a TOML file says; None where there is none. Raises LibraryFault."""
    import tomllib

    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LibraryFault(rules.BAD_MANIFEST, f"`{file.name}` has more than {MAX_BYTES // 1_000_000} MB")
        return tomllib.loads(data.decode("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LibraryFault(rules.BAD_MANIFEST, f"`{file.name}`: {(error.strerror or '').lower()}") from None
    except (ValueError, RecursionError) as error:
        raise LibraryFault(rules.BAD_MANIFEST, f"`{file.name}` is not TOML: {error}") from None


def _table(parent: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A table in another; empty where there is none."""
    found = parent.get(key)
    return found if isinstance(found, dict) else {}


def _allowed(data: Mapping[str, Any]) -> dict[str, Requirement]:
    """The libraries of a manifest. Raises LibraryFault."""
    from packaging.requirements import InvalidRequirement, Requirement

    def wrong(what: str) -> LibraryFault:
        help = 'libraries are listed as `[libraries]` and, for each, `acme = "acme-parts >=1.2"`'
        return LibraryFault(rules.BAD_MANIFEST, f"`{MANIFEST}`: {what}", help)

    for key, value in data.items():
        if key != "libraries":
            raise wrong(f"unknown table `{key}`")
        if not isinstance(value, dict):
            raise wrong("`libraries` is a table")
    found = {}
    for name, text in _table(data, "libraries").items():
        if name == STD or not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise wrong(f"`{name}` cannot be the name of a library")
        try:
            wanted = Requirement(text) if isinstance(text, str) else None
        except InvalidRequirement:
            wanted = None
        if wanted is None or wanted.url or wanted.extras or wanted.marker:
            raise wrong(f"`{name}` needs a distribution and its versions")
        found[name] = wanted
    return found


def _installed(name: str, wanted: Requirement) -> Library:
    """The library of a distribution. Raises LibraryFault."""
    from importlib import metadata

    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    install = f'`pip install "{wanted}"`'
    try:
        found = metadata.distribution(wanted.name)
        version = Version(found.version)
    except metadata.PackageNotFoundError:
        raise LibraryFault(rules.NOT_INSTALLED, f"`{wanted.name}` is not installed", install) from None
    except (InvalidVersion, TypeError, KeyError):
        raise LibraryFault(rules.NOT_INSTALLED, f"`{wanted.name}` has no valid version", install) from None
    if not wanted.specifier.contains(version, prereleases=True):
        message = f"`{wanted.name}` {version} is installed, and `{MANIFEST}` allows {wanted.specifier}"
        raise LibraryFault(rules.NOT_INSTALLED, message, install)
    offered = {point.name: point.value for point in found.entry_points if point.group == GROUP}
    folder = offered.get(name, "").strip().replace(".", "/")
    if not re.fullmatch(r"\w+(/\w+)*", folder):
        has = f"it offers {quoted(sorted(offered))}" if offered else f"it has no entry points of the group `{GROUP}`"
        raise LibraryFault(rules.NOT_INSTALLED, f"`{wanted.name}` {version} offers no library `{name}`", has)
    listed = {str(path).replace("\\", "/"): path for path in found.files or ()}
    own = re.compile(rf"{folder}/((?:[\w \-]+/)*[\w \-]+\.cmx)")
    files = {match[1]: listed[path] for path in sorted(listed) if (match := own.fullmatch(path))}
    if not files:
        message = f"`{wanted.name}` {version} has installed no `.cmx` files in `{folder}`"
        raise LibraryFault(rules.NOT_INSTALLED, message, "install it as a wheel, not in editable form")
    return Library(name, canonicalize_name(wanted.name), str(version), files)


def lock_text(packages: Packages) -> str:
    """The lock of a project: of each library that it allows the distribution, the version, and the hash of every file.
    Raises LibraryFault."""
    lines = ["# Written by `cmx lock`. Keep it in git with the designs.", ""]
    for name in sorted(packages.allowed):
        library = packages.library(name)
        lines += [f"[libraries.{name}]", f'distribution = "{library.distribution}"', f'version = "{library.version}"']
        lines += ["", f"[libraries.{name}.files]"]
        lines += [f'"{path}" = "{digest(library.read(path))}"' for path in library.files]
        lines.append("")
    return "\n".join(lines)
