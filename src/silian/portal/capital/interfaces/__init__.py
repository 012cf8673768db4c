"""Rows of the capital chain."""
