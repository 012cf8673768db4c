"""Scores subjects by indicator systems that are data; every score decomposes exactly."""
