"""The folder to submit: made, signed and verified."""
