"""What an import found, as text of the language."""
