"""Reading what strangers wrote, within bounds: files, folders, archives, JSON, TOML, git's own files."""
