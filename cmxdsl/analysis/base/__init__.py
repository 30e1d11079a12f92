"""What other analyses stand on: which ports links use, what a plane amounts to, what holds what."""
