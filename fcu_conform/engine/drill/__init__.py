"""The theft of a key, asked of the validators: who is let in before, and after what has to be removed."""
