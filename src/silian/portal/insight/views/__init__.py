"""Insight: views."""
