"""The attributes, one row each: name, type, the kinds that have it, meaning. A new attribute is a new row."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache

from cmxdsl.records import field, frozen
from cmxdsl.schema.kinds import (
    AIRFLOWS,
    ATTENTION_KERNELS,
    ATTENTIONS,
    COOLING,
    FLOWS,
    FORMATS,
    KINDS,
    MODES,
    PHASES,
    PLANES,
    POLARITIES,
    RECOMPUTED,
    ROLES,
    SCHEDULES,
    SHARDED,
    SOURCES,
)

_DEVICES = ("die", "chip", "switch", "module", "board", "chassis", "rack", "fixture")
_PACKAGED = ("chip", "switch", "module", "board", "chassis", "rack", "fixture")
_ASSEMBLIES = ("board", "chassis", "rack", "system", "site")
_FLOORS = ("system", "site")
_MEDIA = ("optic", "cable", "fiber")
_ALL = tuple(KINDS)


@frozen
class AttributeSpec:
    """One attribute.

    `type` is the name of a dimension, or `text`, `flag`, `count`, `size`, `money`, `lengths`, `symbol`, or a kind.
    `unit` is how it is printed. `total` says whether it adds up over a design; `owed` are the kinds of which
    each part is expected to state it, so that a total over parts without it is known to be incomplete; one whose
    inner parts state it need not, unless it is `apart`: of each part without what is inside it. `default` is what is
    taken where nothing states it, in base units; the meaning says so and why.
    """

    name: str
    type: str
    kinds: tuple[str, ...]
    meaning: str
    unit: str = ""
    required: tuple[str, ...] = ()
    total: bool = False
    owed: tuple[str, ...] = ()
    apart: bool = False
    symbols: Mapping[str, str] = field(factory=dict, eq=False)
    default: Fraction = Fraction(0)


def _cabling() -> list[AttributeSpec]:
    """What a cable takes at each end, in its rack."""
    rows = {
        "side": (Fraction(2413, 10), "from a port sideways to the vertical manager", "half of a 482.6 mm panel (IEC "
                 "60297-3-100), since with a manager on each side two ends never need more than one panel's width"),
        "entry": (Fraction(300), "from the vertical manager through the top of the rack into the tray", "an estimate"),
        "loop": (Fraction(300), "service loop, by which a connector is pulled out and set again", "an estimate"),
    }  # fmt: skip
    return [
        AttributeSpec(
            f"cabling.{name}", "length", ("rack",), f"of a cable at each end, {meaning}; {float(length):g} mm unless "
            f"stated: {basis}", "mm", default=length / 1000,
        )
        for name, (length, meaning, basis) in rows.items()
    ]  # fmt: skip


def _formats() -> list[AttributeSpec]:
    """Dense peak compute, a row for each number format. Double and single precision run on vector units and, on some
    parts, on matrix units too (tensor cores): two rates with names of their own, so that no ratio mixes them."""
    floats = {
        "fp64": "double precision, on vector units", "fp64_matrix": "double precision, on matrix units",
        "fp32": "single precision, on vector units", "fp32_matrix": "single precision, on matrix units",
        "tf32": "TensorFloat-32", "bf16": "bfloat16", "fp16": "half precision", "fp8": "8-bit floating point",
        "fp6": "6-bit floating point", "fp4": "4-bit floating point",
    }  # fmt: skip
    rows = {**floats, "int8": "8-bit integers", "int4": "4-bit integers"}
    return [
        AttributeSpec(
            f"compute.{name}", "compute", ("die", "chip", "module"), f"dense peak compute in {meaning}",
            "FLOPS" if name in floats else "OPS", total=True,
        )
        for name, meaning in rows.items()
    ]  # fmt: skip


def _models() -> list[AttributeSpec]:
    """The sizes of a transformer."""
    needed = {
        "layers": "transformer layers", "hidden": "width of the stream between layers", "heads": "attention heads",
        "ffn": "inner width of the feed-forward network; of its dense layers, where others hold experts",
        "vocabulary": "tokens that it knows, with padding",
    }  # fmt: skip
    more = {
        "kv_heads": "heads of keys and values; as many as heads unless stated",
        "head_dim": "width of a head; hidden / heads unless stated",
        "positions": "learned embeddings of positions; none unless stated",
        "moe.experts": "routed experts of a layer", "moe.active": "routed experts that see a token",
        "moe.shared": "experts that see every token", "moe.ffn": "inner width of an expert",
        "moe.dense": "first layers without experts",
        "mla.q_rank": "width of the latent queries; without it queries are made directly",
        "mla.kv_rank": "width of the latent keys and values, as they are cached",
        "mla.rope": "width of a head's rotary part, whose key all heads share",
        "mla.nope": "width of a head's part without position", "mla.value": "width of a head's values",
    }  # fmt: skip
    flags = {
        "gated": "the feed-forward network has a gate: three matrices in place of two",
        "tied": "embedding and output share one matrix",
        "bias": "linear layers and norms have biases, as GPT's",
        "qk_norm": "queries and keys are normalised, each with weights of its own",
    }
    return [
        *(AttributeSpec(name, "count", ("model",), text, required=("model",)) for name, text in needed.items()),
        *(AttributeSpec(name, "count", ("model",), text) for name, text in more.items()),
        *(AttributeSpec(name, "flag", ("model",), text) for name, text in flags.items()),
        AttributeSpec("attention", "symbol", ("model",), "how keys and values are kept; `mha`, or `gqa` where kv_heads "
                      "differs, unless stated", symbols=ATTENTIONS),
    ]  # fmt: skip


def _costs() -> list[AttributeSpec]:
    """What owning a machine costs besides its parts."""
    rows = {
        "installation": ("number", "delivery, cabling and bring-up, as a share of the parts' price", "%"),
        "spares": ("number", "spares bought with it, as a share of the parts' price", "%"),
        "support": ("number", "maintenance and support each year, as a share of the parts' price", "%"),
        "energy": ("money per energy", "price of electricity", ""),
        "building": ("money per power", "building, power and cooling plant for each watt of the machine's peak", ""),
        "building_life": ("time", "time over which the building is written off", "year"),
        "lease": ("money per power and time", "rent of a hall for each watt of the machine's peak", ""),
        "staff": ("money per time", "people who run it", ""),
        "capital": ("number", "cost of capital: interest a year on what is not yet written off", "%"),
        "life": ("time", "time over which parts are written off that state no `life`", "year"),
        "utilization": ("number", "share of all hours that are sold or used", "%"),
    }
    return _of_machines("cost", rows)


def _checkpoints() -> list[AttributeSpec]:
    """What an interruption costs a job that runs on the machine."""
    rows = {
        "size": ("data", "size of one checkpoint", "B"),
        "rate": ("rate", "rate at which a checkpoint is written and read", "B/s"),
        "write": ("time", "time that a job waits for one checkpoint; size over rate unless stated", "s"),
        "restart": ("time", "time from an interruption until the job computes again", "min"),
    }
    return _of_machines("checkpoint", rows)


def _of_machines(group: str, rows: Mapping[str, tuple[str, str, str]]) -> list[AttributeSpec]:
    """A group of attributes of systems and sites: type, meaning and unit of each."""
    return [AttributeSpec(f"{group}.{name}", row[0], _FLOORS, *row[1:]) for name, row in rows.items()]


def _achieved() -> list[AttributeSpec]:
    """What programs reach of a chip's peaks, by measurement."""
    chips = ("die", "chip", "module")
    formats = [name for name in FORMATS if name != "fp32"]
    return [
        *(
            AttributeSpec(f"matmul.{name}", "computes", chips, f"measured rates of matrix products in {name}, medians "
                          "of five sizes: 1 to 4, 4 to 16, 16 to 64, 64 to 256 GiFLOP, and more", "FLOPS")
            for name in formats
        ),
        *(
            AttributeSpec(f"fused.{name}", "computes", chips, f"measured rates of fused causal attention in {name}, "
                          "the hidden half not counted, at 1,024, 2,048, 4,096 and 8,192 tokens", "FLOPS")
            for name in formats
        ),
        *(
            AttributeSpec(f"{kernel}.{name}", "computes", chips, f"the same of an older kernel in {name}: "
                          f"{ATTENTION_KERNELS[kernel]}", "FLOPS")
            for kernel in ("flash_1", "flash_2")
            for name in ("bf16", "fp16")
        ),
        AttributeSpec("memory.stream", "rate", chips, "measured rate of its own memory, in long reads", "B/s"),
        AttributeSpec("launch", "time", chips, "measured time that an operation on memory takes at least", "s"),
    ]  # fmt: skip


def _work() -> list[AttributeSpec]:
    """What is asked of a model in training or in service."""
    both, train, serve = ("training", "serving"), ("training",), ("serving",)
    formats = {name: "" for name in FORMATS if name != "fp32"}
    return [
        AttributeSpec("model", "model", both, "the model", required=both),
        AttributeSpec("precision", "symbol", both, "format of weights and of matrix products", required=both,
                      symbols=formats),
        AttributeSpec("sequence", "count", train, "tokens of a sequence", required=train),
        AttributeSpec("batch", "count", both, "sequences in a step of training, or served at once, over all ranks; as "
                      "many as the limits allow where a serving states none", required=train),
        AttributeSpec("micro_batch", "count", train, "sequences that pass at a time; 1 unless stated"),
        AttributeSpec("recompute", "symbol", train, "what the backward pass computes again; `none` unless stated",
                      symbols=RECOMPUTED),
        AttributeSpec("interleave", "count", train, "chunks of layers on each pipeline stage; 1 unless stated"),
        AttributeSpec("schedule", "symbol", train, "order of passes in the pipeline; `one_f_one_b` "
                      "unless stated", symbols=SCHEDULES),
        AttributeSpec("padding", "count", train, "places of layers left empty on the pipeline's stages"),
        AttributeSpec("sharding", "symbol", train, "what data ranks share out; `nothing` unless stated",
                      symbols=SHARDED),
        AttributeSpec("sequence_parallel", "flag", train, "tensor ranks share out what lies between matrix products "
                      "(Korthikanti and others, 2022)"),
        AttributeSpec("fused_attention", "flag", train, "attention in one kernel, that keeps no scores"),
        AttributeSpec("attention_kernel", "symbol", train, "which kernel `fused_attention` is; `newest` unless stated",
                      symbols=ATTENTION_KERNELS),
        AttributeSpec("dropout", "flag", train, "masks and scales activations, as GPT does"),
        AttributeSpec("gradients", "symbol", train, "format that gradients are added up and reduced in; fp32 unless "
                      "stated", symbols={"fp32": "", "bf16": "", "fp16": ""}),
        AttributeSpec("overlap.data", "flag", train, "the data dimension talks while the backward pass computes"),
        AttributeSpec("overlap.tensor", "flag", train, "the tensor dimension talks in parts while products compute"),
        AttributeSpec("overlap.pipeline", "flag", train, "stages send while they compute"),
        AttributeSpec("overlap.expert", "flag", both, "experts' tokens travel while another micro-batch computes"),
        AttributeSpec("prompt", "count", serve, "tokens of a request", required=serve),
        AttributeSpec("output", "count", serve, "tokens of its answer", required=serve),
        AttributeSpec("cache", "symbol", serve, "format of keys and values; as `precision` unless stated",
                      symbols=formats),
        AttributeSpec("phase", "symbol", serve, "what these chips do; `both` unless stated", symbols=PHASES),
        AttributeSpec("prefill_tokens", "count", serve, "tokens that a rank reads at a time; one prompt unless stated"),
        AttributeSpec("tpot", "time", serve, "most time for each token of the answer"),
        AttributeSpec("ttft", "time", serve, "most time to the first token"),
        AttributeSpec("busiest", "number", serve, "load of the busiest expert's rank over the mean; 1 unless stated"),
    ]  # fmt: skip


ATTRIBUTES: tuple[AttributeSpec, ...] = (
    # identity
    AttributeSpec("vendor", "text", _ALL, "who makes it"),
    AttributeSpec("part_number", "text", _ALL, "what the maker calls it, for ordering"),
    AttributeSpec("description", "text", _ALL, "one line for the bill of materials"),
    AttributeSpec("role", "symbol", _DEVICES, "what it does in the system", symbols=ROLES),
    AttributeSpec("technology", "text", _ALL, "process, family or standard"),
    # of a source
    AttributeSpec("title", "text", ("source",), "what it is called", required=("source",)),
    AttributeSpec("publisher", "text", ("source",), "who published it", required=("source",)),
    AttributeSpec("date", "text", ("source",), 'when: "2025", "2025-06" or "2025-06-15"; left out where not known'),
    AttributeSpec("kind", "symbol", ("source",), "how close it is to the facts", required=("source",),
                  symbols=SOURCES),
    AttributeSpec("url", "text", ("source",), "where it can be read"),
    # compute and memory
    *_formats(),
    AttributeSpec("memory.capacity", "data", ("die", "chip", "module", "board"), "memory of its own", "B", total=True),
    AttributeSpec("memory.bandwidth", "rate", ("die", "chip", "module", "board"), "bandwidth of its own memory",
                  "B/s", total=True),
    AttributeSpec("memory.technology", "text", ("die", "chip", "module", "board"), "kind of memory"),
    AttributeSpec("cores", "count", ("die", "chip"), "processor cores"),
    AttributeSpec("clock", "frequency", ("die", "chip", "switch"), "clock"),
    AttributeSpec("area", "area", ("die", "chip"), "silicon area"),
    # electrical
    AttributeSpec("power.typical", "power", (*_PACKAGED, "die", *_MEDIA, "system", "site"), "draw under usual load",
                  "W", total=True, owed=("chip", "switch", "optic")),
    AttributeSpec("power.peak", "power", (*_PACKAGED, "die", *_MEDIA, "system", "site"), "highest sustained draw",
                  "W", total=True, owed=("chip", "switch", "optic")),
    AttributeSpec("power.capacity", "power", _PACKAGED, "what it can deliver, for supplies and shelves", "W"),
    AttributeSpec("power.efficiency", "number", _PACKAGED, "output over input, for converters", "%"),
    AttributeSpec("power.breaker", "power", _PACKAGED, "rating of its breaker; its load stays below 80% of it", "W"),
    AttributeSpec("phases", "count", _PACKAGED, "phases that its outlets take in turn"),
    AttributeSpec("flow", "symbol", ("protocol",), "on the power plane: which way a port passes power",
                  symbols=FLOWS),
    AttributeSpec("feed", "power", _ASSEMBLIES, "power supplied to it; its parts' peak must stay below", "W"),
    AttributeSpec("cooling", "symbol", (*_PACKAGED, "system", "site"), "where its heat goes", symbols=COOLING),
    AttributeSpec("liquid_share", "number", (*_PACKAGED, "system", "site"), "share of its heat that goes to liquid, "
                  "where both carry it", "%"),
    AttributeSpec("cooling_capacity", "power", _PACKAGED, "heat that a cooling unit can carry", "W"),
    AttributeSpec("coolant.loop", "text", _PACKAGED, "the liquid loop it is on, or feeds"),
    AttributeSpec("coolant.flow", "flow", ("rack",), "flow of liquid through it", "L/min"),
    AttributeSpec("coolant.rise", "temperature difference", ("rack",), "how much the liquid warms in it", "K"),
    AttributeSpec("air.rise", "temperature difference", ("rack",), "how much the air warms in it", "K"),
    AttributeSpec("pue", "number", ("system", "site"), "power usage effectiveness: all power over IT power"),
    # commercial
    AttributeSpec("price", "money", _ALL, "price of one", total=True,
                  owed=("chip", "switch", "optic", "cable", "fiber")),
    AttributeSpec("rent", "money per time", _ALL, "what one costs by the hour, where it is rented", total=True),
    AttributeSpec("life", "time", _ALL, "time over which its price is written off", "year"),
    AttributeSpec("failure_rate", "failure rate", _ALL, "failures in 10⁹ hours", "FIT", total=True,
                  owed=("chip", "switch", "optic")),
    AttributeSpec("repair_time", "time", _ALL, "mean time from a failure until it works again: detection, swap, test",
                  "h"),
    AttributeSpec("lead_time", "time", _ALL, "time from ordering a spare until it is there", "day"),
    *_costs(),
    *_checkpoints(),
    # mechanical
    AttributeSpec("mass", "mass", (*_PACKAGED, *_MEDIA, "system", "site"), "mass of its own, without its parts", "kg",
                  total=True, owed=("rack", "chassis", "board"), apart=True),
    AttributeSpec("max_mass", "mass", ("rack",), "mass it can carry, its own not counted", "kg"),
    AttributeSpec("height", "length", ("board", "chassis", "switch", "module", "rack"),
                  "height in its rack; for a rack, the units inside", "U", required=("rack",)),
    AttributeSpec("unit", "length", ("rack",), "height of one of its units: 44.45 mm unless stated, 48 mm in "
                  "open racks", "mm"),
    *_cabling(),
    AttributeSpec("half_width", "flag", ("board", "chassis", "switch", "module"), "two fit side by side"),
    AttributeSpec("zero_u", "flag", ("board", "chassis", "switch", "module"), "hangs beside the units: a vertical "
                  "power strip, a busbar"),
    AttributeSpec("airflow", "symbol", ("board", "chassis", "switch", "module", "rack"), "how air passes through it",
                  symbols=AIRFLOWS),
    AttributeSpec("width", "length", ("rack", "chassis", "board"), "outer width", "m"),
    AttributeSpec("depth", "length", ("rack", "chassis", "board"), "outer depth", "m"),
    AttributeSpec("size", "size", ("fixture",), "the floor it takes: width x depth", required=("fixture",)),
    AttributeSpec("floor.size", "size", _FLOORS, "the room: width x depth; without it only the racks are drawn"),
    AttributeSpec("floor.origin", "size", _FLOORS, "where row 0, column 0 starts in the room: from its west and north "
                  "walls"),
    AttributeSpec("floor.pitch", "size", _FLOORS, "floor taken by one rack: width x depth"),
    AttributeSpec("floor.aisle", "length", _FLOORS, "width of the cold aisle, between the fronts of two rows", "m"),
    AttributeSpec("floor.hot_aisle", "length", _FLOORS, "width of the hot aisle behind the rows; as the cold one "
                  "unless stated", "m"),
    AttributeSpec("floor.max_load", "floor load", _FLOORS, "mass that the floor carries", "kg/m^2"),
    AttributeSpec("floor.tray", "length", _FLOORS, "height of the cable trays above the floor", "m"),
    AttributeSpec("floor.tray_size", "size", _FLOORS, "inside of a cable tray: width x height"),
    AttributeSpec("floor.tray_fill", "number", _FLOORS, "share of a tray's section that cables may take", "%"),
    AttributeSpec("floor.tray_bend", "length", _FLOORS, "radius of the trays' corners", "mm"),
    AttributeSpec("floor.cross", "count", _FLOORS, "columns from one cross tray to the next; without it rows are "
                  "joined anywhere"),
    AttributeSpec("floor.slack", "number", _FLOORS, "added to each cable's route, in a rack too", "%"),
    # what travels
    AttributeSpec("plane", "symbol", ("protocol",), "the plane it belongs to", required=("protocol",), symbols=PLANES),
    AttributeSpec("rate", "rate", ("protocol", "optic", "cable"), "rate of one port or medium, each way", "b/s",
                  required=("optic", "cable")),
    AttributeSpec("line_rate", "rate", _MEDIA[:2], "raw rate the medium carries, where above its nominal rate", "b/s"),
    AttributeSpec("pieces", "count", ("cable", "fiber"), "pieces of it that one link takes, where it takes several"),
    AttributeSpec("lanes", "count", ("protocol", *_MEDIA), "lanes or fiber pairs"),
    AttributeSpec("latency", "time", ("protocol", "switch", *_MEDIA), "delay of one hop through it", "s"),
    AttributeSpec("efficiency", "number", ("protocol",), "share of its rate that long transfers reach, after headers "
                  "and flow control", "%"),
    AttributeSpec("reduces", "flag", ("switch",), "adds up what passes through it, and sends the sum to many: "
                  "collectives in the switch"),
    AttributeSpec("reduction_efficiency", "number", ("switch",), "share of what its links reach at which it adds up",
                  "%"),
    AttributeSpec("required", "flag", ("protocol",), "a port of it must be connected"),
    AttributeSpec("shared", "flag", ("protocol",), "a port of it may have several links (a bus)"),
    AttributeSpec("reach", "length", _MEDIA, "longest link it serves", "m"),
    AttributeSpec("length", "length", ("cable", "fiber"), "its length, where it comes in one only", "m"),
    AttributeSpec("lengths", "lengths", ("cable", "fiber"), "lengths it is stocked in", "m"),
    AttributeSpec("diameter", "length", ("cable", "fiber"), "outer diameter", "mm"),
    AttributeSpec("bend_radius", "length", ("cable", "fiber"), "least radius it may be bent to when it lies", "mm"),
    AttributeSpec("fiber", "fiber", ("optic",), "the fiber it plugs into"),
    AttributeSpec("far", "optic", ("optic",), "the optic at the far end of a breakout, one for each bundled link"),
    AttributeSpec("mode", "symbol", ("optic", "fiber"), "single- or multi-mode", required=("fiber",), symbols=MODES),
    AttributeSpec("connector", "text", _MEDIA, "connector at its end: MPO-12, LC, OSFP"),
    AttributeSpec("wavelength", "length", ("optic",), "nominal wavelength", "nm"),
    AttributeSpec("wavelengths", "count", ("optic",), "wavelengths on one fiber; 1 unless stated"),
    AttributeSpec("tx.launch", "level in dBm", ("optic",), "least launch power of a lane, in OMA less TDECQ", "dBm"),
    AttributeSpec("rx.sensitivity", "level in dBm", ("optic",), "receiver sensitivity of a lane in OMA, for a perfect "
                  "transmitter, at its pre-FEC bit error ratio", "dBm"),
    AttributeSpec("rx.ber", "number", ("optic",), "bit error ratio before FEC at which the sensitivity is given"),
    AttributeSpec("penalty", "ratio in dB", ("optic",), "set aside for dispersion and reflections", "dB"),
    AttributeSpec("budget", "ratio in dB", ("optic",), "loss of the channel that its standard allows", "dB"),
    AttributeSpec("delay", "delay per length", ("cable", "fiber"), "time that a signal takes in it", "ns/m"),
    AttributeSpec("loss", "attenuation", ("fiber",), "attenuation", "dB/km"),
    AttributeSpec("fibers", "count", ("fiber",), "fibers in it"),
    AttributeSpec("polarity", "symbol", ("fiber",), "how its ends are crossed", symbols=POLARITIES),
    AttributeSpec("connections", "count", ("fiber",), "mated connector pairs on the way, those at the optics left out"),
    AttributeSpec("connection_loss", "ratio in dB", ("fiber",), "loss of one of them", "dB"),
    AttributeSpec("splices", "count", ("fiber",), "splices on the way"),
    AttributeSpec("splice_loss", "ratio in dB", ("fiber",), "loss of one of them", "dB"),
    AttributeSpec("insertion_loss", "ratio in dB", _PACKAGED, "loss of light passing through: an optical switch, a "
                  "splitter, a multiplexer", "dB"),
    AttributeSpec("serves", "count", _PACKAGED, "links that pass through one of it, where it is named with `via`"),
    AttributeSpec("energy", "energy per bit", _MEDIA, "energy to move a bit", "J/bit"),
    # what is computed
    *_models(),
    *_work(),
    *_achieved(),
)  # fmt: skip

BY_NAME: dict[str, AttributeSpec] = {row.name: row for row in ATTRIBUTES}


@cache
def attributes_of(kind: str) -> dict[str, AttributeSpec]:
    """The attributes that a component of `kind` may have."""
    return {row.name: row for row in ATTRIBUTES if kind in row.kinds}


@cache
def groups(kind: str) -> frozenset[str]:
    """The first words of its dotted attributes: `compute`, `memory`, `power`, `floor`."""
    return frozenset(name.split(".")[0] for name in attributes_of(kind) if "." in name)
