"""A job played by chance, seeded: the same game as the closed forms, and longer ones that they do not cover."""

from __future__ import annotations

from math import sqrt
from random import Random

from cmxdsl.records import frozen

RUNS = 400
Z = 1.959963984540054  # of the normal distribution, for a confidence of 95%


@frozen
class Played:
    """The mean share of the time that was work which counts, over so many runs, and the half width of its 95%
    confidence interval."""

    goodput: float
    half_width: float
    runs: int


def play(between: float, write: float, restart: float, interval: float, seed: int = 0, runs: int = RUNS) -> Played:
    """Run a job for 100 intervals of work, many times. Failures come after exponential times with mean `between`, in
    work, in checkpoints and in restarts alike; work since the last checkpoint is lost."""
    random = Random(seed)
    shares = []
    for _ in range(runs):
        time, done = 0.0, 0
        failure = random.expovariate(1 / between)
        while done < 100:
            if time + interval + write <= failure:
                time += interval + write
                done += 1
                continue
            time = failure
            while True:  # restarts until one of them is not hit
                failure = time + random.expovariate(1 / between)
                if time + restart <= failure:
                    time += restart
                    break
                time = failure
        shares.append(100 * interval / time)
    # The ratio of expectations, not the mean of ratios: the harmonic mean of shares of equal work.
    times = [1 / share for share in shares]
    mean = sum(times) / runs
    spread = sqrt(sum((t - mean) ** 2 for t in times) / (runs - 1) / runs)
    return Played(1 / mean, Z * spread / mean**2, runs)
