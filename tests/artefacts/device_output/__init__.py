"""Tests of device output in each of its forms."""
