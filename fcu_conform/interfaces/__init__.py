"""What users meet: pytest plugin, console script, report writers."""
