"""The power tree: what feeds what, what flows, what becomes heat."""
