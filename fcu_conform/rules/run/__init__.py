"""SYS: the rules of the run itself and of its waivers."""
