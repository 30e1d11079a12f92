"""The value of any expression about a design, and published figures beside it."""
