"""Whole lots: the short way says what the full way says, chunks judged anywhere give one report, memory stays flat."""
