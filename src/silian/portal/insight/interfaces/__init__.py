"""Insight: interfaces."""
