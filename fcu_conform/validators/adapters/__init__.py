"""One adapter a library or program, each asked through its real interface."""
