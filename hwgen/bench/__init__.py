"""Measuring what compression does, over sets, recipes, bit widths and seeds."""
