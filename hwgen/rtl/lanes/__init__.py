"""The folded engine: multiply-accumulate lanes, the schedule that they follow, and the layers on them."""
