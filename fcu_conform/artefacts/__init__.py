"""What the files hold: bytes in, artefacts out, nothing judged and nothing raised on bad input."""
