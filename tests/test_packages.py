"""Libraries of parts as installed distributions: allowed, found, locked, and nothing else seen."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.lsp.documents import Workspace
from cmxdsl.lsp.names import symbol_at, used_at

from .conftest import ROOT

OPTICS = """use std.protocols
use "common/makers.cmx"

/// A shelf of optics.
module Acme800 { vendor = acme; power { peak = 15 W } }
private chip Hidden { }
"""
MAKERS = 'let acme = "Acme"\n'
TRAP = "raise SystemExit('a library was run')\n"


def written(path: Path, files: dict[str, str], info: str) -> Path:
    """A wheel of files, with the list of them that wheels have."""
    rows = [f"{file},sha256={_hash(text)},{len(text.encode())}" for file, text in files.items()]
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"}.items():
            archive.writestr(file, text)
    return path


def wheel(folder: Path, version: str = "1.2.0", optics: str = OPTICS, name: str = "acme_parts") -> Path:
    """A wheel of parts, written as the specification of wheels says; its package would stop whoever imports it."""
    info = f"{name}-{version}.dist-info"
    files = {
        "acme_cmx/__init__.py": TRAP,
        "acme_cmx/optics.cmx": optics,
        "acme_cmx/common/makers.cmx": MAKERS,
        "elsewhere/secret.cmx": "chip Secret { }\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[cmx.libraries]\nacme = acme_cmx\n",
    }
    return written(folder / f"{name}-{version}-py3-none-any.whl", files, info)


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


def install(target: Path, path: Path) -> None:
    """As the package manager people have does it, without a network."""
    arguments = ["install", "--quiet", "--no-index", "--no-deps", "--upgrade", "--target", str(target), str(path)]
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    install(folder, wheel(folder / "dist"))
    return folder


@pytest.fixture
def site(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder that the wheel was installed into, on the path."""
    target = shutil.copytree(installed, tmp_path / "site")
    monkeypatch.syspath_prepend(target)
    return target


DESIGN = "use acme.optics\nboard B { o[2]: Acme800 }\n"


@pytest.fixture
def project(tmp_path: Path, site: Path) -> Callable[..., Path]:
    def make(design: str = DESIGN, manifest: str = '[libraries]\nacme = "acme-parts >=1.2,<2"\n') -> Path:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        (folder / "cmx.toml").write_text(manifest, encoding="utf-8")
        (folder / "design.cmx").write_text(design, encoding="utf-8")
        return folder / "design.cmx"

    return make


def cmx(folder: Path, site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cmxdsl.cli.main", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{Path(cmxdsl.__file__).parents[1]}"},
    )


def said(file: Path, locked: bool = False) -> list[tuple[str, str, str]]:
    """Code, message and help of each finding, all of which are at the `use`."""
    found = cmxdsl.load(file, locked=locked).diagnostics
    return [(d.code, d.message, d.help) for d in found if d.severity.value == "error"]


def test_a_library_is_read_with_the_files_it_uses(project: Callable[..., Path]) -> None:
    design = cmxdsl.load(project())
    assert design.ok, design.explain()
    assert design.component.instances["o"].component.text("vendor") == "Acme"
    assert {"acme@1.2.0/optics.cmx", "acme@1.2.0/common/makers.cmx"} <= set(design.sources)
    assert "acme_cmx" not in sys.modules


def test_nested_modules_and_aliases(project: Callable[..., Path]) -> None:
    design = cmxdsl.load(project("use acme.common.makers as m\nchip C { vendor = m.acme }\n"))
    assert design.ok, design.explain()


def test_what_is_private_stays_private(project: Callable[..., Path]) -> None:
    assert [code for code, _, _ in said(project("use acme.optics\nboard B { h: Hidden }\n"))] == ["CMX0219"]


def test_a_library_that_is_not_listed_is_refused_with_what_to_write(project: Callable[..., Path]) -> None:
    ((code, message, help),) = said(project(manifest=""))
    assert (code, message) == ("CMX0223", "this project does not allow a library `acme`")
    assert '`acme = "DISTRIBUTION >=1.0"`' in help and "[libraries]" in help
    design = cmxdsl.load(project(manifest=""))
    assert str(design.diagnostics[0].span).endswith("design.cmx:1:5")


@pytest.mark.parametrize(
    ("manifest", "code", "words"),
    [
        ('acme = "acme-parts >=2"', "CMX0224", "`acme-parts` 1.2.0 is installed, and `cmx.toml` allows >=2"),
        ('acme = "acme-wares"', "CMX0224", "`acme-wares` is not installed"),
        ('acme = "packaging"', "CMX0224", "offers no library `acme`"),
        ("acme = \"acme-parts; python_version > '3'\"", "CMX0225", "needs a distribution and its versions"),
        ('acme = "acme-parts @ file:///etc"', "CMX0225", "needs a distribution and its versions"),
        ("acme = [1]", "CMX0225", "needs a distribution and its versions"),
        ('std = "acme-parts"', "CMX0225", "`std` cannot be the name of a library"),
        ("acme = ", "CMX0225", "is not TOML"),
    ],
)
def test_what_a_manifest_can_get_wrong(project: Callable[..., Path], manifest: str, code: str, words: str) -> None:
    ((found, message, help),) = said(project(manifest=f"[libraries]\n{manifest}\n"))
    assert found == code and words in message and help


def test_an_unknown_table_is_no_silent_permission(project: Callable[..., Path]) -> None:
    ((code, message, _),) = said(project(manifest='[library]\nacme = "acme-parts"\n'))
    assert (code, message) == ("CMX0225", "`cmx.toml`: unknown table `library`")


def test_only_the_folder_of_the_entry_point_is_seen(project: Callable[..., Path]) -> None:
    ((code, message, help),) = said(project("use acme.secret\nchip C { }\n"))
    assert code == "CMX0205" and "has no module `acme.secret`" in message and "`acme.optics`" in help


@pytest.mark.parametrize("use", ['"../elsewhere/secret.cmx"', '"/etc/passwd"', '"missing.cmx"', "acme.common.makers"])
def test_a_library_reads_its_own_files_and_std_only(
    project: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    target = tmp_path / "other"
    install(target, wheel(tmp_path / "dist", optics=f"use {use}\nmodule Acme800 {{ }}\n"))
    monkeypatch.syspath_prepend(target)
    found = cmxdsl.load(project()).diagnostics
    assert "CMX0003" in {d.code for d in found}
    assert next(d for d in found if d.code == "CMX0003").span.file == "acme@1.2.0/optics.cmx"


def test_a_file_changed_after_installation_is_refused(project: Callable[..., Path], site: Path) -> None:
    file = site / "acme_cmx" / "optics.cmx"
    file.write_text(file.read_text("utf-8").replace("15 W", "14 W"), encoding="utf-8")
    ((code, message, _),) = said(project())
    assert code == "CMX0224" and "was changed after it was installed" in message


def test_an_installation_without_hashes_is_refused(project: Callable[..., Path], site: Path) -> None:
    (record,) = site.glob("*.dist-info/RECORD")
    record.write_text("acme_cmx/optics.cmx,,\n", encoding="utf-8")
    ((code, message, help),) = said(project())
    assert code == "CMX0224" and "without hashes" in message and "wheel" in help


def test_lock_and_locked(project: Callable[..., Path], site: Path, tmp_path: Path) -> None:
    file = project()
    folder = file.parent
    assert [code for code, _, _ in said(file, locked=True)] == ["CMX0226"]
    assert cmx(folder, site, "lock", "--check").returncode == 1
    made = cmx(folder, site, "lock")
    assert (made.returncode, made.stdout) == (0, "cmx.lock: written, 1 library\n"), made
    lock = (folder / "cmx.lock").read_text("utf-8")
    assert 'version = "1.2.0"' in lock and hashlib.sha256(OPTICS.encode()).hexdigest() in lock
    assert cmx(folder, site, "lock", "--check").returncode == 0
    assert said(file, locked=True) == []
    assert cmx(folder, site, "check", "--locked", "design.cmx").returncode == 0

    # the same version with other bytes: another build of it
    other = tmp_path / "other"
    install(other, wheel(tmp_path / "again", optics=OPTICS.replace("15 W", "16 W")))
    refused = cmx(folder, other, "check", "--locked", "design.cmx")
    assert refused.returncode == 1 and "CMX0226" in refused.stdout and "design.cmx:1:5" in refused.stdout
    assert cmx(folder, other, "check", "design.cmx").returncode == 0

    # another version that the manifest allows
    newer = tmp_path / "newer"
    install(newer, wheel(tmp_path / "new", version="1.3.0"))
    refused = cmx(folder, newer, "check", "--locked", "design.cmx")
    assert "is acme-parts 1.3.0 here, and `cmx.lock` has acme-parts 1.2.0" in refused.stdout


def test_a_lock_of_what_is_not_there_is_not_written(project: Callable[..., Path], site: Path) -> None:
    folder = project(manifest='[libraries]\nacme = "acme-parts >=3"\n').parent
    found = cmx(folder, site, "lock")
    assert found.returncode == 1 and "CMX0224" in found.stderr and not (folder / "cmx.lock").exists()


def test_parts_lists_the_libraries_of_the_project(project: Callable[..., Path], site: Path) -> None:
    folder = project().parent
    found = cmx(folder, site, "parts", "acme800")
    assert found.returncode == 0 and "use acme.optics" in found.stdout, found
    assert "Hidden" not in cmx(folder, site, "parts").stdout
    (folder / "cmx.toml").write_text('[libraries]\nacme = "acme-wares"\n', encoding="utf-8")
    missing = cmx(folder, site, "parts", "H100")
    assert missing.returncode == 1 and "`acme-wares` is not installed" in missing.stderr and "H100" in missing.stdout


def test_the_server_reaches_a_library(project: Callable[..., Path], site: Path) -> None:
    file = project()
    workspace = Workspace()
    workspace.change(file, DESIGN)
    analysis = workspace.of(file)
    assert analysis is not None
    symbol = symbol_at(analysis, 2, 20)
    assert symbol is not None and symbol.file.origin is not None and symbol.file.library
    assert symbol.file.origin.where == site / "acme_cmx" / "optics.cmx" and symbol.span.line == 5
    assert used_at(analysis, 1, 6) is symbol.file
    assert "acme.optics" in analysis.project.modules()
    workspace.touch(file.parent / "cmx.toml")
    assert file in workspace.stale


def test_the_template_of_the_docs_ships_and_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "libraries.md").read_text("utf-8")
    blocks = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', page, re.M | re.S))
    for file, text in blocks.items():
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    said = tomllib.loads(blocks["library/pyproject.toml"])["project"]
    ((library, package),) = said["entry-points"]["cmx.libraries"].items()
    info = f"{said['name'].replace('-', '_')}-{said['version']}.dist-info"
    files = {
        file.removeprefix("library/"): text for file, text in blocks.items() if file.startswith(f"library/{package}/")
    }
    assert len(files) == 2
    files |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {said['name']}\nVersion: {said['version']}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[cmx.libraries]\n{library} = {package}\n",
    }
    site = tmp_path / "site"
    install(site, written(tmp_path / "dist" / f"{info.removesuffix('.dist-info')}-py3-none-any.whl", files, info))
    monkeypatch.syspath_prepend(site)
    for file in files:
        if file.endswith(".cmx"):
            assert cmxdsl.load(tmp_path / "library" / file).diagnostics == ()
    design = cmxdsl.load(tmp_path / "project" / "design.cmx")
    assert design.ok, design.explain()
    assert design.component.links[0].count == 64
