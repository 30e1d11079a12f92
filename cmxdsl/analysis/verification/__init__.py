"""What was built, compared with what was meant."""
