"""Properties that hold for every setup: sound ones drawn at random are let pass, broken ones are never."""
