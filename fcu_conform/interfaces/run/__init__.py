"""What the front ends share of a run: its settings, and where files may be written."""
