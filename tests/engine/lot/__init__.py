"""Whole lots: the fast path says what the full path says, chunks judged anywhere give one report, memory stays flat."""
