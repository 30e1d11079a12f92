"""What is printed as rows, a file a subject."""
