"""Tests of waivers: what a file of them may say, which findings one covers, and how reports tell it."""
