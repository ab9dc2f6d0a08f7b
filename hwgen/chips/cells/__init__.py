"""Sums, counts, choices and tables in the primitives of each family's library, for which yosys has models."""
