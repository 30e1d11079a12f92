"""What expressions ask about a run: each answer, or what is missing for it."""

from __future__ import annotations

from collections.abc import Callable

from cmxdsl.analysis.work.chips import Lacking, power_of
from cmxdsl.analysis.work.jobs import of_run, serving, training
from cmxdsl.analysis.work.memory import Memory, training_memory
from cmxdsl.analysis.work.service import Service, service
from cmxdsl.analysis.work.steps import StepTime, step
from cmxdsl.analysis.work.talk import talk
from cmxdsl.model import Subject, remembered
from cmxdsl.units.dimension import DATA, ENERGY, NONE, TIME, Dimension

TRAINING = ("step_time", "mfu", "hfu", "exposed")
SERVING = ("ttft", "tpot", "largest_batch")
QUESTIONS = (*TRAINING, *SERVING, "tokens_per_second", "memory_used", "memory_for", "energy_per_token")


@remembered()
def trained(subject: Subject, name: str) -> StepTime:
    """One step of a run of training. Raises Lacking."""
    return step(training(subject, name), talk(subject, name))


@remembered()
def served(subject: Subject, name: str) -> Service:
    """A run of serving at steady state. Raises Lacking."""
    return service(serving(subject, name), talk(subject, name))


def held(subject: Subject, name: str) -> Memory:
    """What the fullest rank of a run holds. Raises Lacking."""
    if of_run(subject, name).work.kind == "training":
        return training_memory(training(subject, name))
    return served(subject, name).memory


def tokens_a_second(subject: Subject, name: str) -> float:
    """Tokens that a run trains on; that it writes, or reads where it writes none. Raises Lacking."""
    if of_run(subject, name).work.kind == "training":
        found = trained(subject, name)
        return found.tokens / found.seconds
    service = served(subject, name)
    rate = service.writes if service.writes is not None else service.reads
    assert rate is not None
    return rate


def energy(subject: Subject, name: str) -> float:
    """J for each token: what the whole machine draws in usual work, idle chips too, for as long as a token takes.
    Raises Lacking."""
    return power_of(subject)[0] / tokens_a_second(subject, name)


def claims(subject: Subject, question: str, name: str) -> tuple[str, ...]:
    """The kinds of the claims about its chip that an answer's time comes from; none where it has no time."""
    if question in ("memory_used", "memory_for"):
        return ()
    try:
        kind = of_run(subject, name).work.kind
        return (training if kind == "training" else serving)(subject, name).chip.claims
    except (Lacking, KeyError):
        return ()


class Misplaced(Exception):
    """A question about training that was put to a serving, or the other way round."""


def answer(subject: Subject, question: str, name: str, word: str = "") -> tuple[float, Dimension]:
    """The number that a question comes to, in base units. Raises Lacking, Misplaced, KeyError."""
    kind = of_run(subject, name).work.kind
    if (question in TRAINING and kind != "training") or (question in SERVING and kind != "serving"):
        wanted = "training" if question in TRAINING else "serving"
        raise Misplaced(f"`{question}` asks about a run of {wanted}, and `{name}` is one of {kind}")
    if question in _TRAINED:
        find, dimension = _TRAINED[question]
        return find(trained(subject, name)), dimension
    if question in _SERVED:
        what, find_served, dimension = _SERVED[question]
        return _known(find_served(served(subject, name)), what), dimension
    if question == "largest_batch":
        batch = _known(served(subject, name).batch, "answers")
        return batch * serving(subject, name).splits.data, NONE
    if question == "exposed":
        return trained(subject, name).exposed(word), TIME
    return _of_either(subject, question, name, word)


_TRAINED: dict[str, tuple[Callable[[StepTime], float], Dimension]] = {
    "step_time": (lambda found: found.seconds, TIME),
    "mfu": (lambda found: found.mfu, NONE),
    "hfu": (lambda found: found.hfu, NONE),
}
_SERVED: dict[str, tuple[str, Callable[[Service], float | None], Dimension]] = {
    "ttft": ("prompts", lambda found: found.ttft, TIME),
    "tpot": ("answers", lambda found: found.tpot, TIME),
}


def _of_either(subject: Subject, question: str, name: str, word: str) -> tuple[float, Dimension]:
    match question:
        case "tokens_per_second":
            return tokens_a_second(subject, name), TIME**-1
        case "memory_used":
            return held(subject, name).total * 8, DATA
        case "memory_for":
            return getattr(held(subject, name), word) * 8, DATA
        case "energy_per_token":
            return energy(subject, name), ENERGY
    raise AssertionError(question)


def _known(value: float | None, what: str) -> float:
    if value is None:
        raise Lacking(f"a phase with {what}")
    return value
