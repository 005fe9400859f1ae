"""Verifies the signatures of a lot's devices with tables of the one key that signs them."""
