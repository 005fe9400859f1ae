"""Enrollment (first to claim): the identities of devices, the CSV that the portal takes, its error report."""
