"""Tests of validators in processes of their own."""
