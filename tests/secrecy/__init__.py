"""A private key whose every byte is known, and all the places where none of them may turn up."""
