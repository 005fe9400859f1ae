"""Reference CAs that lie: each breaks one promise, and the suite, run as its users run it, has to notice."""
