"""What was built beside what was meant, for people and for tools."""
