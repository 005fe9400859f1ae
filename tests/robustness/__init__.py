"""Input that nobody honest makes: mutated files for every reader, and traps for every command."""
