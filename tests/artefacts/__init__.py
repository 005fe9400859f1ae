"""Tests of what files hold once they are read: one module a topic."""
