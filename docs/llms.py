"""`docs/llms.txt`: the language on two pages, for a model that writes designs; the lists come from the schema."""

from __future__ import annotations

from cmxdsl.analysis.totals.catalogue import library_parts
from cmxdsl.schema import FUNCTIONS, KINDS, PLANES, VIEWS
from cmxdsl.schema.attributes import BY_NAME

HEAD = """# cmx: AI supercomputers as text

> A `.cmx` file describes chips, boards, racks, switches and links of an AI supercomputer. Everything else is derived and
> checked: topology, bill of materials, power, floor, cables, network figures, training and serving.

Made by `python -m docs.generate` from the sources. Loop: write the file; `cmx check FILE --format json`; apply the fixes (each
finding has code, place, reason, help, edits); again until there is none. `cmx ask FILE 'EXPR'` gives any figure,
`cmx render FILE -o x.svg --view topology|network|floor|…` a picture, `cmx parts WORDS` the library, `cmx explain CODE` a finding.

## A whole machine

```cmx
use std.protocols  // library modules: std.NAME; files: use "part.cmx"

protocol Net : Ethernet400 { plane = scale_out }  // a variant of the library's

/// An accelerator. Doc comments are three slashes, comments two.
chip Gpu(watts: power = 700 W) {  // KIND NAME(parameters: type = default) { body }
    role = accelerator
    compute { bf16 = 989 TFLOPS from "data sheet" }  // number + unit is one value; `from` and `estimated` give its source
    memory { capacity = 80 GB; bandwidth = 3.35 TB/s }
    power { typical = 0.8 * watts; peak = watts }
    price = 25_000 USD estimated "press"  // or `price = unknown`: never zero
    port net: Net                         // a port has a protocol, and that a plane and a rate
}
switch Leaf { height = 1 U; mass = 20 kg; power { typical = 1 kW; peak = 1.5 kW }; price = 30_000 USD; port p[64]: Net }
chassis Server(gpus: count = 8) {
    height = 8 U
    mass   = 120 kg
    gpu[gpus]: Gpu            // an array; indices count from 0
    port net[g] = gpu[g].net  // shows inner ports outside, under a new name
}
cable Dac400 { rate = 400 Gb/s; reach = 3 m; price = 150 USD }
rack Rack {
    height = 42 U
    mass   = 150 kg
    server[4]: Server
    leaf:      Leaf
    link server[s].net[g] -- leaf.p[8*s + g] over Dac400  // 32 links: s and g stand alone in brackets, so they range
    port up[u] = leaf.p[32 + u] for u in 0..31            // ranges include both ends; `0..<n` does not include n
    place server[s] at U 1 + 8*s                          // racks count U from 1 at the bottom
    place leaf      at U 42
}
system Cluster(racks: count = 2) {
    floor { pitch = 600 mm x 1200 mm; aisle = 1.2 m }
    rack[racks]: Rack
    spine[4]:    Leaf
    link rack[r].up[8*s + k] -- spine[s].p[8*r + k] for s in 0..3, k in 0..7
    place rack[r] at row 0, col r
    let budget = 60 kW
    require total(power.peak) <= budget, "what the room feeds"  // an error where false or undecided
    require components(scale_out) == 1
    expect count(Gpu) = 64 from "the order"  // a published figure, `within 5%` where it is rounded
}
```

## Rules

- A bare variable in brackets ranges over that whole dimension; the same variable in two places must find the same size. Other
  indices are expressions: `+ - * div mod`, `a if c else b`. Every tuple must stay in range. `where i < j` keeps some tuples.
- A port takes one link, unless its protocol says `shared = true`. The slower end sets the rate.
- `over` names a `cable` (one part), an `optic` (one at each end) or a `fiber`; `over auto(A, B)` chooses by length and price;
  `bundle 2`: two links share a medium; `via Part`: light or a gearbox passes it.
- Variant: `chip H200 : H100 { memory { capacity = 141 GB } }`; `override` replaces an instance, a port or a `let`.
- `if n > 4 { … } else { … }` chooses statements; `let f(x: power) = 2 * x` is a function; texts are joined with `+`.
- Statements end at a newline or `;`. Assignment is `name = value`; groups `power { peak = 1 kW }` or `power.peak = 1 kW`.
- Own attributes are `x.anything`; wrong names and dimensions are errors. Prefer `unknown` to a guess, or say `estimated "why"`.
- Work: `training T { model = Llama3_70B; sequence = 8_192; batch = 512; precision = bf16 }` (`use std.models`), then
  `run r: T over data[n], tensor[g] at node[n].gpu[g]`, and `step_time(r)`, `mfu(r)`.

| not | but |
| --- | --- |
| `gpus = 8` gpu, `gpu x8` | `gpu[8]: Gpu` |
| `for i in range(8) { link … }` | `link a[i].p -- b.p[i]` |
| `700W TDP`, `power = 700` | `power { peak = 700 W }` |
| `400Gbps`, `400 GB` for a rate | `400 Gb/s` (b is a bit, B a byte) |
| `place rack at U3`, `row=3` | `at U 3`, `at row 3, col 0` |
| `import "x"`, `# comment` | `use "x"`, `// comment` |
"""


def llms() -> str:
    """The page."""
    lines = [HEAD, "## Kinds", ""]
    lines += [f"- `{kind.name}`: {kind.meaning}" for kind in KINDS.values()]
    lines += ["", "## Planes", "", ", ".join(f"`{name}`" for name in PLANES), "", "## Attributes", ""]
    groups: dict[str, list[str]] = {}
    for row in BY_NAME.values():
        words = f"`{row.name}`" + (f" ({row.unit})" if row.unit else f" ({row.type})")
        groups.setdefault(row.name.split(".")[0] if "." in row.name else "", []).append(words)
    lines += [f"- {', '.join(rows)}" for rows in groups.values()]
    lines += ["", "What each means and which kinds have it: `cmx docs reference`.", "", "## Functions", ""]
    lines += [f"- `{row.example}`: {row.meaning}" for row in FUNCTIONS.values()]
    lines += ["", "## Views", "", ", ".join(f"`{name}`" for name in VIEWS), "", "## Library", ""]
    modules: dict[str, list[str]] = {}
    for part in library_parts():
        if part.component.kind == "source":
            continue
        modules.setdefault(part.module, []).append(part.component.name)
    lines += [f"- `use {module}`: {', '.join(names)}" for module, names in modules.items()]
    return "\n".join([*lines, ""])
