"""The integer graph: nodes with exact intervals, and the golden model that says what every score must be."""
