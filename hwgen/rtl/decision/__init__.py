"""From class scores to a class: the largest score, and the vote of an ensemble."""
