"""A model and its answers to a file. Backends only read."""
