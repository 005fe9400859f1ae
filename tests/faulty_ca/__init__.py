"""Reference CAs that are faulty: each breaks one promise, and the suite, run as its users run it, has to notice."""
