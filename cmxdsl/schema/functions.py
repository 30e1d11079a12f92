"""The functions that expressions may call, one row each."""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.records import frozen
from cmxdsl.schema.kinds import COLLECTIVES, FAILURES, FORMATS, PARALLEL


@frozen
class FunctionSpec:
    """A function. `takes` says what each argument is: `attribute`, `definition`, `plane`, `failure`, `value`,
    `values`, `length` (a whole number), `run` or a word of `WORDS`.

    Functions about a design (`asks`) take `in = PART` too: a path of instances, or another definition.
    `gives` is the type of the value: that of a parameter, or `argument` where it is that of the argument.
    `unit` is how it is printed.
    `early` ones can be used while a component is being built, where they need `in`. Those about what endpoints do with
    a plane (`ends`) take `among = PART`, the endpoints that are meant: a path, a part or a kind.
    """

    name: str
    takes: tuple[str, ...]
    meaning: str
    example: str
    asks: bool = True
    early: bool = False
    gives: str = "number"
    ends: bool = False
    unit: str = ""


MASKS = {"causal": "a token attends to those before it", "full": "a token attends to all of its sequence"}
HOLDINGS = {
    "weights": "",
    "gradients": "",
    "optimizer": "its state",
    "activations": "what the backward pass needs",
    "cache": "keys and values",
}
WORDS: dict[str, Mapping[str, object]] = {
    "failure": FAILURES,
    "mask": MASKS,
    "format": FORMATS,
    "collective": COLLECTIVES,
    "dimension": PARALLEL,
    "holding": HOLDINGS,
}
"""What an argument that is a word may be, by what `takes` calls it."""

FUNCTIONS: dict[str, FunctionSpec] = {
    row.name: row
    for row in (
        FunctionSpec(
            "total",
            ("attribute",),
            "sum of an attribute over all parts",
            "total(power.peak)",
            early=True,
            gives="argument",
        ),
        FunctionSpec(
            "mean",
            ("attribute",),
            "mean over the parts that have it; unknown while one that should state it does not",
            "mean(price)",
            early=True,
            gives="argument",
        ),
        FunctionSpec(
            "max",
            ("values",),
            "largest argument, or largest value of an attribute over the parts; unknown "
            "while one that should state it does not",
            "max(power.peak)",
            early=True,
            gives="argument",
        ),
        FunctionSpec(
            "min",
            ("values",),
            "smallest argument, or smallest value of an attribute over the parts, as `max`",
            "min(4, racks)",
            early=True,
            gives="argument",
        ),
        FunctionSpec(
            "count",
            ("definition",),
            "parts of a definition, its variants included, or of a kind",
            "count(Ascend910C)",
            early=True,
        ),
        FunctionSpec(
            "coverage",
            ("attribute",),
            "share of the parts owing an attribute that state it",
            "coverage(price) >= 90%",
            unit="%",
        ),
        FunctionSpec("links", ("plane",), "links of a plane", "links(scale_up)"),
        FunctionSpec("ports", ("plane",), "ports of a plane, connected or not", "ports(scale_up)"),
        FunctionSpec(
            "injection",
            ("plane",),
            "rate of the linked ports of endpoints, each way: what they can put into a plane",
            "injection(scale_up)",
            gives="rate",
        ),
        FunctionSpec(
            "port_rate",
            ("plane",),
            "rate of all ports of endpoints, each way, linked or not",
            "port_rate(scale_out)",
            gives="rate",
        ),
        FunctionSpec(
            "components",
            ("plane",),
            "connected components among the plane's devices: 1 when every one reaches every other",
            "components(scale_up) == 1",
        ),
        FunctionSpec(
            "margin",
            ("plane",),
            "least optical margin of a plane's links: launch power less penalties, losses and receiver sensitivity",
            "margin(scale_out) >= 0.5 dB",
            gives="ratio in dB",
        ),
        FunctionSpec(
            "pue",
            ("attribute",),
            "power usage effectiveness: what enters the power tree over what the machine draws",
            "pue(power.typical) <= 1.2",
        ),
        FunctionSpec(
            "diameter",
            ("plane",),
            "links on the longest of the shortest paths between endpoints",
            "diameter(scale_up) <= 4",
            ends=True,
        ),
        FunctionSpec("hops", ("plane",), "mean number of links between two endpoints", "hops(scale_up) < 4", ends=True),
        FunctionSpec(
            "oversubscription",
            ("plane",),
            "greatest rate downward over rate upward of any switch",
            "oversubscription(scale_out) <= 1",
            ends=True,
        ),
        FunctionSpec(
            "taper",
            ("plane",),
            "injection of all endpoints over the rate of all links up to the next tier, where that is greatest",
            "taper(scale_out) <= 2",
            ends=True,
        ),
        FunctionSpec(
            "bisection",
            ("plane",),
            "least bandwidth, each way, between two halves of the endpoints; unknown where only bounds are proved",
            "bisection(scale_out) >= 10 Tb/s",
            ends=True,
            gives="rate",
        ),
        FunctionSpec(
            "throughput",
            ("plane",),
            "share of injection that goes through when every endpoint sends to "
            "every other at once, in proportion to both injections, under the best routing",
            "throughput(scale_up) >= 90%",
            ends=True,
            unit="%",
        ),
        FunctionSpec(
            "permutation",
            ("plane",),
            "share that goes through when every endpoint sends to one other, at "
            "the lesser of both injections, in the worst pairing; unknown where only bounds are proved",
            "permutation(scale_out) >= 50%",
            ends=True,
            unit="%",
        ),
        FunctionSpec(
            "edge_disjoint",
            ("plane",),
            "fewest paths between two endpoints that share no link",
            "edge_disjoint(scale_out) >= 2",
            ends=True,
        ),
        FunctionSpec(
            "node_disjoint",
            ("plane",),
            "fewest paths between two endpoints that share no device",
            "node_disjoint(scale_out) >= 2",
            ends=True,
        ),
        FunctionSpec(
            "rails",
            ("plane",),
            "rails that the first tier of switches keeps apart; 1 where it mixes them",
            "rails(scale_out) == 8",
            ends=True,
        ),
        FunctionSpec(
            "latency",
            ("plane",),
            "longest time between two endpoints over the fastest shortest path, each "
            "link as long as the longest of its kind",
            "latency(scale_up) <= 2 us",
            ends=True,
            gives="time",
        ),
        FunctionSpec(
            "isolated",
            ("plane", "failure"),
            "most endpoints that reach no other after any one failure of a "
            "kind: a switch, endpoint, cable, trunk, rack, row or feed",
            "isolated(scale_out, cable) <= 1",
            ends=True,
        ),
        FunctionSpec(
            "islands",
            ("plane", "failure"),
            "most groups of endpoints that reach one another, and no other group, after any one failure of a kind",
            "islands(scale_out, switch) == 1",
            ends=True,
        ),
        FunctionSpec(
            "kept",
            ("plane", "failure"),
            "least share of its own rate that an endpoint keeps which is not isolated, after any one failure of a kind",
            "kept(scale_out, switch) >= 50%",
            ends=True,
        ),
        FunctionSpec(
            "throughput_left",
            ("plane", "failure"),
            "least all-to-all throughput after any one failure of a "
            "kind, as a share of that before, among endpoints that are not isolated; 0 where two of them lose "
            "each other",
            "throughput_left(scale_out, switch) >= 75%",
            ends=True,
        ),
        FunctionSpec(
            "bisection_left",
            ("plane", "failure"),
            "least bisection after any one failure of a kind, as a "
            "share of that before, among endpoints that are not isolated",
            "bisection_left(scale_out, switch) >= 75%",
            ends=True,
        ),
        FunctionSpec("parameters", (), "weights of a model", "parameters(in = Llama3_8B)"),
        FunctionSpec(
            "active_parameters", (), "weights of a model that one token passes", "active_parameters(in = DeepSeekV3)"
        ),
        FunctionSpec(
            "forward_flops",
            ("length", "mask"),
            "operations of a model for one token of a sequence, forward; "
            "`full` counts attention to every token of it, `causal` to those before",
            "forward_flops(4096, full, in = Llama3_8B)",
            gives="operations",
        ),
        FunctionSpec(
            "training_flops",
            ("length", "mask"),
            "the same forward and backward, nothing recomputed: three times as many",
            "training_flops(4096, full, in = Llama3_8B)",
            gives="operations",
        ),
        FunctionSpec(
            "kv_cache",
            ("format",),
            "keys and values that a model keeps for one token, in a format",
            "kv_cache(bf16, in = Llama3_8B)",
            gives="data",
        ),
        FunctionSpec(
            "tco",
            ("value",),
            "cost of ownership over a time: what is written off of purchases and the building, energy, upkeep, people",
            "tco(4 year) <= 30e6 USD",
            gives="money",
        ),
        FunctionSpec(
            "cost_per_hour",
            ("definition",),
            "cost of ownership of an hour that one part of a kind is used",
            "cost_per_hour(H100) <= 2 USD",
            gives="money",
        ),
        FunctionSpec(
            "mtbf",
            ("value",),
            "mean time between failures that interrupt a job of so many accelerators",
            "mtbf(1024) >= 12 h",
            gives="time",
        ),
        FunctionSpec(
            "goodput",
            ("value",),
            "share of its time in which a job of so many accelerators does work that "
            "counts, with checkpoints at the best interval",
            "goodput(1024) >= 95%",
        ),
        FunctionSpec(
            "availability",
            ("value",),
            "probability that at least so many accelerators are usable",
            "availability(512) >= 99%",
        ),
        FunctionSpec(
            "spares",
            ("definition", "value"),
            "spares of a part that are enough until new ones come, with a given probability",
            "spares(H100, 99%) <= 20",
        ),
        FunctionSpec(
            "collective",
            ("collective", "size"),
            "time of a collective among all accelerators, estimated "
            "with what links and libraries reach; the size is that of the buffer, as nccl-tests count it",
            "collective(all_reduce, 1 GB) <= 5 ms",
            ends=True,
            gives="time",
        ),
        FunctionSpec(
            "bus_bandwidth",
            ("collective", "size"),
            "what nccl-tests call the bus bandwidth of a collective",
            "bus_bandwidth(all_gather, 8 GB) >= 350 GB/s",
            ends=True,
            gives="rate",
        ),
        FunctionSpec(
            "collective_bound",
            ("collective", "size"),
            "time that no algorithm of a collective beats",
            "collective_bound(all_reduce, 1 GB)",
            ends=True,
            gives="time",
        ),
        FunctionSpec(
            "step_time", ("run",), "time of one step of training", "step_time(pretrain) <= 12 s", gives="time"
        ),
        FunctionSpec(
            "mfu",
            ("run",),
            "model FLOPS utilisation: operations of the model, attention to the whole "
            "sequence counted, over the dense peak of the format",
            "mfu(pretrain) >= 40%",
            unit="%",
        ),
        FunctionSpec("hfu", ("run",), "the same with what is computed again", "hfu(pretrain) >= 40%", unit="%"),
        FunctionSpec(
            "exposed",
            ("run", "dimension"),
            "time of a step that ranks of a parallel dimension talk while nothing hides it",
            "exposed(pretrain, tensor) < 1 s",
            gives="time",
        ),
        FunctionSpec(
            "tokens_per_second",
            ("run",),
            "tokens that a run trains on, or writes, or reads where it only reads prompts",
            "tokens_per_second(pretrain) > 1e6 token/s",
            gives="frequency",
            unit="token/s",
        ),
        FunctionSpec(
            "ttft", ("run",), "time to the first token of an answer, without waiting", "ttft(chat) < 1 s", gives="time"
        ),
        FunctionSpec("tpot", ("run",), "time of each further token", "tpot(chat) <= 50 ms", gives="time"),
        FunctionSpec("largest_batch", ("run",), "sequences served at once", "largest_batch(chat) >= 1000"),
        FunctionSpec(
            "memory_used",
            ("run",),
            "memory that the fullest rank of a run takes",
            "memory_used(pretrain) < 80 GB",
            gives="data",
        ),
        FunctionSpec(
            "memory_for",
            ("run", "holding"),
            "the part of it for weights, gradients, optimizer, activations or cache",
            "memory_for(pretrain, activations) < 30 GB",
            gives="data",
        ),
        FunctionSpec(
            "energy_per_token",
            ("run",),
            "usual power of the whole machine times the time of a token",
            "energy_per_token(chat) < 1 J",
            gives="energy",
            unit="J",
        ),
        FunctionSpec(
            "price_per_token",
            ("run",),
            "cost of ownership for as long as a token takes, spread over the time that the machine is used",
            "price_per_token(chat) * 1e6 <= 0.50 USD",
            gives="money",
        ),
        FunctionSpec(
            "abs", ("value",), "the amount without its sign", "abs(a - b)", asks=False, early=True, gives="argument"
        ),
        FunctionSpec("ceil", ("value",), "the next whole number up", "ceil(nodes / 4)", asks=False, early=True),
        FunctionSpec("floor", ("value",), "the next whole number down", "floor(nodes / 4)", asks=False, early=True),
        FunctionSpec(
            "round", ("value",), "the nearest whole number, half to even", "round(2.5)", asks=False, early=True
        ),
        FunctionSpec(
            "text",
            ("value",),
            "a number, a flag or a definition as a text, to join to others",
            '"rack " + text(n)',
            asks=False,
            early=True,
            gives="text",
        ),
    )
}
