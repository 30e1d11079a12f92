"""Paths with indices, and the ranges that their variables take."""
