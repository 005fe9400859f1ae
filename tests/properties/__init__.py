"""Properties that hold for every set-up: sound ones drawn at random are let pass, broken ones are never."""
