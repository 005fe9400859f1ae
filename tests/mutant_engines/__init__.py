"""Broken judges: the suite's own tests have to notice every one of them."""
