"""The portal, read-only: what an account trusts, fetched over its REST interface, and what is to be done there."""
