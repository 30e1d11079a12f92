"""Answers about a model."""
