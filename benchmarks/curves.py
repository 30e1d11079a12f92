"""How time grows with the text, and with the machine while the text stays: exponents fitted to processor seconds.

python benchmarks/curves.py
"""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Sequence

import measure

_RACK = "height = 42 U; width = 600 mm; depth = 1200 mm"
_FLOOR = "  floor { pitch = 600 mm x 1200 mm }\n"
_NET = "protocol P { plane = scale_out; rate = 100 Gb/s }\n"


def racks(n: int) -> str:
    """Racks, each of its own kind and place, each linked to the next."""
    kinds = "".join(f"rack R{k} {{ {_RACK}; a: A }}\n" for k in range(n))
    parts = "".join(f"  r{k}: R{k}\n  place r{k} at row {k // 64}, col {k % 64}\n" for k in range(n))
    links = "".join(f"  link r{k}.a.p[0] -- r{k + 1}.a.p[1] over C\n" for k in range(n - 1))
    head = _NET + "cable C { rate = 100 Gb/s; reach = 500 m }\nchip A { port p[2]: P }\n"
    return head + kinds + "system S {\n" + _FLOOR + parts + links + "}\n"


def places(n: int) -> str:
    """A `place` for each rack of one array."""
    each = "".join(f"  place r[{k}] at row {k // 64}, col {k % 64}\n" for k in range(n))
    return f"rack R {{ {_RACK} }}\nsystem S {{\n{_FLOOR}  r[{n}]: R\n{each}}}\n"


def wheres(n: int) -> str:
    """A pattern for each port, told apart by a condition."""
    each = "".join(f"  link a.p[i] -- b[i].p where i == {k} for i in 0..{n - 1}\n" for k in range(n))
    return f"{_NET}chip A {{ port p[{n}]: P }}\nchip B {{ port p: P }}\nboard S {{\n  a: A\n  b[{n}]: B\n{each}}}\n"


def parts(n: int) -> str:
    """Definitions with attributes, each used once."""
    kinds = "".join(f"chip C{k} {{ price = {k} USD; mass = 1 g; power {{ peak = {k} W }} }}\n" for k in range(n))
    return kinds + "board B {\n" + "".join(f"  c{k}: C{k}\n" for k in range(n)) + "}\n"


def depth(n: int) -> str:
    """Boards inside each other."""
    return "chip C { }\nboard D0 { c: C }\n" + "".join(f"board D{k} {{ d: D{k - 1} }}\n" for k in range(1, n))


def machine(n: int) -> str:
    """A leaf and spine of `32 n` hosts, placed: the text stays as it is."""
    return f"""{_NET}fiber F {{ rate = 100 Gb/s; reach = 2 km }}
chip Host {{ role = accelerator; power {{ peak = 1 W }}; port p: P }}
switch Leaf {{ port down[32]: P; port up[8]: P }}
switch Spine {{ port p[{n}]: P }}
rack R {{ {_RACK}; h[32]: Host; leaf: Leaf; link h[i].p -- leaf.down[i] }}
rack T {{ {_RACK}; spine: Spine }}
system S {{
  floor {{ pitch = 600 mm x 1200 mm; aisle = 1.2 m }}
  r[{n}]: R
  t[8]: T
  link r[i].leaf.up[k] -- t[k].spine.p[i] over F
  place r[i] at row 1 + i div 64, col i mod 64
  place t[k] at row 0, col k
  require components(scale_out) == 1
}}
"""


CURVES: tuple[tuple[Callable[[int], str], Sequence[int], str], ...] = (
    (racks, (250, 500, 1000, 2000, 4000), "1.2"),
    (places, (250, 500, 1000, 2000, 4000), "1.2"),
    (wheres, (250, 500, 1000, 2000, 4000), "1.2"),
    (parts, (1000, 2000, 4000, 8000, 16000), "1.1"),
    (depth, (100, 200, 400, 800), "1.2"),
    (machine, (10, 100, 1000, 10000), "under 1"),
)
CHECK = """
import sys, time, resource
import cmxdsl
text = sys.stdin.read()
start = time.process_time()
cmxdsl.loads(text)
print(time.process_time() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def seconds(text: str) -> tuple[float, float]:
    """Processor seconds of a check without the start, and peak memory in MB, in a process of its own."""
    out = subprocess.run([measure.PYTHON, "-c", CHECK], input=text, capture_output=True, check=True, text=True).stdout
    first, second = map(float, out.split())
    return first, second


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """The slope of the least-squares line through the logarithms."""
    x, y = [math.log(s) for s in sizes], [math.log(t) for t in times]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sum((a - mx) ** 2 for a in x)


def print_curves() -> None:
    print(f"\n{'check, by size':<16} {'exponent':>8}  goal     seconds, and MB of the largest")
    for make, sizes, goal in CURVES:
        found = [seconds(make(n)) for n in sizes]
        times = [t for t, _ in found]
        listed = "  ".join(f"{n:,}: {t:.2f}" for n, t in zip(sizes, times, strict=True))
        print(
            f"{make.__name__:<16} {exponent(sizes, times):8.2f}  {goal:<8} {listed}  {found[-1][1]:.0f} MB", flush=True
        )


if __name__ == "__main__":
    print_curves()
    sys.exit()
