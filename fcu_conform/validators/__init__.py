"""Independent X.509 validators: one adapter a library, each asked through its real interface."""
