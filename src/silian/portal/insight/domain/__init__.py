"""Insight: domain."""
