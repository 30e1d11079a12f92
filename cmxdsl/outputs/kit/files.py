"""Writing outputs: whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write(path: Path, data: bytes | str | Iterable[bytes | str]) -> None:
    """Write a text, bytes, or pieces of them as they are made.

    They go to a temporary file beside `path`, which is then renamed, so that a reader never sees half a file.
    Raises OSError; the old file, if any, is then as it was.
    """
    pieces = (data,) if isinstance(data, (bytes, str)) else data
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in pieces:
                stream.write(piece.encode("utf-8") if isinstance(piece, str) else piece)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
