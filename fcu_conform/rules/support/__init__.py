"""What rules of several families share: formatting, sources, the chain's diagram, known keys."""
