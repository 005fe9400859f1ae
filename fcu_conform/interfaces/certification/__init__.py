"""The folder that is handed in: made, signed and verified."""
