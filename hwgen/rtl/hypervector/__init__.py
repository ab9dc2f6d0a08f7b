"""From characters to a hypervector, and the convolution over it."""
