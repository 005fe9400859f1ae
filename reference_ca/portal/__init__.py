"""A stand-in for the portal: its REST operations over SQLite, and servers that let devices in by what it trusts.

`service.running` is all of it while a block lasts; `api.Portal` answers requests in process. It uses nothing of the
judge.
"""
