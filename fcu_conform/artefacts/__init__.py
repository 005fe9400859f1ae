"""Parses files into artefacts: bytes in, artefacts out, nothing judged and nothing raised on bad input."""
