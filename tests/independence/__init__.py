"""Two faults in one setup."""
