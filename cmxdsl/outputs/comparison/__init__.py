"""Comparisons and differences as tables, pages and pictures."""
