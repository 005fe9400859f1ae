"""What passes every rule is accepted by every reader that will meet it: sound things, changed in every place."""
