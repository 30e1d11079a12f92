"""Texts that nobody would write, through every command: `python -m tests.fuzz --cases 100000 --seed 7`."""
