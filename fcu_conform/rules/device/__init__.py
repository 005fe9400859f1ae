"""DEV, LOT: the rules of devices, one by one and as a lot."""
