"""Would the tests notice? Small changes to the code that computes answers, each run with the tests that reach it.

    python -m tests.mutation --sample 100 --seed 1 --keep FOLDER    # a sample, in minutes
    python -m tests.mutation --all --keep FOLDER                    # every mutant, overnight

What was found is kept in the folder as it is found, so that a run that was stopped goes on where it was: the tests that
reach each function, by file of tests, and the outcome of each mutant of files that are as they were. `score.json` keeps
the last score, and a word on each mutant that survived.
"""
