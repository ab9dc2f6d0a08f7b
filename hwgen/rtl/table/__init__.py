"""The embedding table: in block RAM, in SPRAM, and in flash until it is loaded."""
