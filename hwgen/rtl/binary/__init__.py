"""Layers of single bits: exclusive-or, count, compare."""
