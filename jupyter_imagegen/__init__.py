"""AI pictures inside a notebook."""
