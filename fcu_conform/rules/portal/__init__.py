"""UPL and the paths: what is uploaded, and what validators and servers that trust it accept."""
