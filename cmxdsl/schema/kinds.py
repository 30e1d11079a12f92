"""The kinds of component, by packaging level and by what travels."""

from __future__ import annotations

from fractions import Fraction

from cmxdsl.records import frozen


@frozen
class Kind:
    """A kind of component. `level` orders packaging from the die (0) outward; what travels or is computed has -1.

    A `part` is a line of the bill of materials; an assembly such as a system is only a place for parts.
    """

    name: str
    meaning: str
    level: int
    part: bool = True

    @property
    def bare(self) -> bool:
        """True for what contains nothing and is named by others: media and protocols, models and the work on them."""
        return self.level < 0


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("die", "a piece of silicon inside a package", 0, part=False),
        Kind("chip", "a package: an accelerator, a processor, a NIC", 1),
        Kind("switch", "a chip or a box whose job is switching", 1),
        Kind("module", "a part that plugs in: a superchip, a card, a power supply", 2),
        Kind("board", "a board or a tray with what is mounted on it", 3),
        Kind("chassis", "an enclosure that goes into a rack", 4),
        Kind("rack", "a rack, placed on a floor", 5),
        Kind("fixture", "what is placed on a floor and is not a rack: a pillar, a cooling unit, a wall", 5),
        Kind("system", "what is bought and works as one: a pod, a cluster", 6, part=False),
        Kind("site", "a room, a hall or a campus", 7, part=False),
        Kind("optic", "a transceiver; a link over it has one at each end and a fiber between", -1),
        Kind("cable", "a cable with its ends fixed: copper, or an active optical cable", -1),
        Kind("fiber", "an optical fiber cable", -1),
        Kind("protocol", "the protocol of a port, and the plane it belongs to", -1, part=False),
        Kind("source", "what was published: a paper, a data sheet, a page; cited by its name", -1, part=False),
        Kind("model", "a neural network: a transformer by its sizes", -1, part=False),
        Kind(
            "training", "a model in training: batch, precision, what is recomputed and what is sharded", -1, part=False
        ),
        Kind("serving", "a model that answers requests: lengths, precision, limits on latency", -1, part=False),
    )
}

PLANES: dict[str, str] = {
    "scale_up": "memory-semantic network inside a supernode",
    "scale_out": "network between supernodes or servers",
    "front_end": "network to storage and to the rest of the data centre",
    "host": "links inside a server between processors, accelerators and adapters",
    "management": "network for control and monitoring",
    "power": "power distribution",
}
MODES = {"single_mode": "one mode, long reach", "multi_mode": "several modes, short reach"}
AIRFLOWS = {
    "front_to_rear": "cold air in at the front",
    "rear_to_front": "cold air in at the rear",
    "passive": "none of its own",
}
POLARITIES = {
    "A": "straight: fiber 1 to fiber 1 (TIA-568 method A)",
    "B": "reversed: fiber 1 to fiber 12, as parallel optics need it between them (method B)",
    "C": "crossed pair by pair (method C)",
    "duplex": "a pair, crossed",
}
FAILURES = {
    "switch": "one switch",
    "endpoint": "one endpoint, where endpoints pass traffic on",
    "cable": "one cable, with all links bundled in it",
    "trunk": "all cables between two racks; a device that is in no rack counts as a rack",
    "rack": "one rack, with all that is in it",
    "row": "one row of racks",
    "feed": "one device that feeds power, with all that has no other",
}
FLOWS = {"feeds": "delivers power", "draws": "takes power, as ports do that say nothing"}
COOLING = {"air": "heat goes to the room's air", "liquid": "heat goes to a liquid loop", "hybrid": "both"}
SOURCES = {
    "primary": "by who made or measured it: a maker, an operator, a paper's authors, a standard",
    "secondary": "by somebody who repeats somebody",
    "estimate": "by an analyst's own reckoning",
}
ROLES = {
    "accelerator": "does the system's computing; counted in per-accelerator figures",
    "processor": "a host processor",
    "nic": "a network adapter or DPU",
    "memory": "memory",
    "power": "converts or distributes power",
    "cooling": "moves heat",
}
ATTENTIONS = {
    "mha": "keys and values for each head",
    "gqa": "keys and values for each group of heads, `kv_heads` of them",
    "mla": "keys and values made from one latent vector for all heads (DeepSeek)",
}
COLLECTIVES = {
    "all_reduce": "every chip gets the sum of all buffers",
    "reduce_scatter": "every chip gets its part of the sum of all buffers",
    "all_gather": "every chip gets the parts of all",
    "all_to_all": "every chip sends every other a part of its buffer",
    "broadcast": "every chip gets the buffer of one",
    "send": "every chip sends its buffer to the next",
}
RECOMPUTED = {
    "none": "every activation is kept for the backward pass",
    "selective": "the scores of attention are computed again",
    "light": "norms, activation functions and, of latent attention, up-projections are computed again",
    "full": "a layer keeps its input only, and is computed again",
}
SCHEDULES = {
    "one_f_one_b": "one forward, one backward in turn (PipeDream-flush), on `interleave` chunks of layers a stage",
    "zero_bubble": "the gradients of weights fill the bubble (ZB-H1, arXiv 2401.10241)",
    "dualpipe": "fed from both ends at once, each rank with two stages (DeepSeek-V3, arXiv 2412.19437)",
}
ATTENTION_KERNELS = {
    "newest": "what the chip's `fused` rates were measured of",
    "flash_1": "FlashAttention of 2022, or what Triton made of it",
    "flash_2": "FlashAttention-2 of July 2023",
}
SHARDED = {
    "nothing": "each data rank keeps all",
    "optimizer": "the optimizer's state is shared out over data ranks (ZeRO-1)",
    "gradients": "gradients too (ZeRO-2)",
    "weights": "weights too, gathered layer by layer (ZeRO-3, FSDP)",
}
PHASES = {
    "prefill": "reading the prompt",
    "decode": "writing the answer",
    "both": "one after the other on the same chips",
}
PARALLEL = {
    "data": "ranks with their own samples",
    "pipeline": "stages of consecutive layers",
    "tensor": "each matrix split over ranks",
    "context": "each sequence split over ranks",
    "expert": "experts shared out over ranks; its indices may be those of data, context and tensor",
}
FORMATS: dict[str, Fraction] = {
    "fp32": Fraction(4),
    "bf16": Fraction(2),
    "fp16": Fraction(2),
    "fp8": Fraction(1),
    "int8": Fraction(1),
    "fp4": Fraction(1, 2),
}
"""The formats that models are kept and computed in, with the bytes of a number."""
