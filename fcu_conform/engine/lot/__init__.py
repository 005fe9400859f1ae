"""Judging the devices of a lot: chunk by chunk, here or in workers, and put together in order."""
