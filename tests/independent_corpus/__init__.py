"""Keystores made by an independent maker, to measure the judge with: nothing here knows how either package works."""
