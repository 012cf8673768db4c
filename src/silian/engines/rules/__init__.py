"""Evaluates policies that are data: who is entitled, under which clause, to how much."""
