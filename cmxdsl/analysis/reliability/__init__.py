"""What fails, how often, what it stops, and what that costs a job."""
