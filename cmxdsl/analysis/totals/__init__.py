"""Sums over a design: bill of materials, summary, catalogue of parts."""
