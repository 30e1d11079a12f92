"""Would the tests notice? Small changes to the code that computes answers, each run with the tests that reach it.

    python -m tests.mutation --sample 100 --seed 1     # a sample, in minutes
    python -m tests.mutation --all                     # every mutant, overnight

`score.json` keeps the last score, and a word on each mutant that survived.
"""
