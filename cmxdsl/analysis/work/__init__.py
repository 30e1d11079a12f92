"""The machine at work: what models need, how long a machine takes for it, and what it holds meanwhile."""
