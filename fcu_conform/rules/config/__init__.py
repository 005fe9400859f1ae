"""CFG: the rules of fcu.yml."""
