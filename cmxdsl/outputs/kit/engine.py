"""The door to the layout engine: DOT text in, a picture out. Nothing else in cmx knows which engine runs."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from io import BytesIO
from pathlib import Path

from cmxdsl.records import frozen

TIMEOUT = 120  # seconds for one picture
ENGINE_VARIABLE = "CMX_DOT"


class EngineFault(Exception):
    """No engine, or it failed; the message says what to do."""


@frozen
class Engine:
    """A program that speaks `dot`'s command line, and whether it writes PDF itself."""

    name: str
    path: Path
    pdf: bool


def engines() -> Iterator[Engine]:
    """The engines at hand, in the order in which they are tried."""
    chosen = os.environ.get(ENGINE_VARIABLE)
    if chosen:
        yield Engine(f"{ENGINE_VARIABLE}={chosen}", Path(chosen), pdf=False)
        return
    embedded = _embedded()
    if embedded is not None:
        yield embedded
    system = shutil.which("dot")
    if system is not None:
        yield Engine("dot", Path(system), pdf=True)


def _embedded() -> Engine | None:
    """The engine of the graphviz-pure package: found by its metadata, since its folder is seldom on PATH."""
    try:
        distribution = metadata.distribution("graphviz-pure")
    except metadata.PackageNotFoundError:
        return None
    for file in distribution.files or []:
        if file.stem == "graphviz-pure" and file.suffix in ("", ".exe"):
            path = Path(str(file.locate())).resolve()
            if path.is_file():
                return Engine("graphviz-pure", path, pdf=False)
    return None


def draw(dot: str, format: str) -> bytes:
    """The picture of a DOT text as `svg`, `png` or `pdf`. Raises EngineFault."""
    if format == "dot":
        return dot.encode("utf-8")
    problems = []
    for engine in engines():
        try:
            if format == "pdf" and not engine.pdf:
                return pdf_from_svg(run(engine, dot, "svg"))
            return run(engine, dot, format)
        except (OSError, EngineFault) as error:
            problems.append(f"{engine.name}: {error}")
    if not problems:
        raise EngineFault(
            "no layout engine was found: install `graphviz-pure` with pip, or Graphviz from your system, or set "
            f"{ENGINE_VARIABLE} to a program like `dot`; `--format dot` needs none"
        )
    raise EngineFault("; ".join(problems))


def run(engine: Engine, dot: str, format: str) -> bytes:
    """One engine on one text."""
    arguments = [str(engine.path), f"-T{format}"]
    if format == "png":
        arguments.append("-Gdpi=144")
    try:
        result = subprocess.run(arguments, input=dot.encode("utf-8"), capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise EngineFault(f"no picture after {TIMEOUT} s: fold the diagram with `--depth`") from None
    if result.returncode != 0 or not result.stdout:
        message = result.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EngineFault(message[-1] if message else f"ended with status {result.returncode}")
    return result.stdout


def pdf_from_svg(svg: bytes) -> bytes:
    """A PDF page of the picture's size, with text that can be selected."""
    logging.getLogger("svglib.svglib").setLevel(logging.ERROR)
    from reportlab.graphics import renderPDF
    from reportlab.pdfgen.canvas import Canvas
    from svglib.svglib import svg2rlg

    drawing = svg2rlg(BytesIO(svg.replace(b"sans-Serif", b"sans-serif")))
    if drawing is None:
        raise EngineFault("the picture could not be turned into a PDF")
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(drawing.width, drawing.height), invariant=1)
    renderPDF.draw(drawing, canvas, 0, 0)
    canvas.save()
    return buffer.getvalue()
