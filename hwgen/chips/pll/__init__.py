"""One file a family: what its PLL can make of a reference clock, and the PLL in a design."""
