"""Tests of what is handed in: statements, signatures, certification folders, and comparing two reports."""
