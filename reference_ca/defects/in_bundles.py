"""Defects that are still to be written."""
