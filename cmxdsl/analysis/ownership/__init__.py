"""What a machine costs to own: purchase, energy, housing, upkeep, over any time."""
