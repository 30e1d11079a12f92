"""A plane as a graph: symmetry, distances, throughput, failures, latency."""
