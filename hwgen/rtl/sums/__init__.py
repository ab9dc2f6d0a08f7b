"""Sums and products with constants: adder graphs, what they share, and the layers whose weights are wires."""
