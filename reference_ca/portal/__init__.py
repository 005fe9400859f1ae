"""A stand-in for the portal: its REST operations over SQLite, and servers that let devices in by what it trusts.

`service.PortalService` runs all of it; `api.Portal` answers requests in process. Nothing of the judge is used here.
"""
