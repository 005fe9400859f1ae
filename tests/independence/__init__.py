"""Two faults in one set-up."""
