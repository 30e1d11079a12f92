"""Build hook: compile the grammar to parser tables, so that an installed cmx never builds them at start; and pack the
pages of the documentation, which `cmx docs` shows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileGrammar(BuildHookInterface[Any]):
    """Writes `cmxdsl/syntax/tables.json` before the wheel is packed (editable installs included)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        spec = importlib.util.spec_from_file_location("cmx_tables", root / "cmxdsl" / "syntax" / "tables.py")
        assert spec is not None and spec.loader is not None
        tables = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(tables)
        target = root / "cmxdsl" / "syntax" / "tables.json"
        grammar = (root / "grammar" / "cmx.lark").read_text(encoding="utf-8")
        target.write_text(tables.compile_tables(grammar), encoding="utf-8")
        if self.target_name == "wheel" and version != "editable":  # an editable install reads docs/ itself
            for file in sorted([*(root / "docs").glob("*.md"), root / "docs" / "llms.txt"]):
                build_data["force_include"][str(file)] = f"cmxdsl/manual/{file.name}"
