"""Torch layers that can become nodes of the integer graph, in float and quantised."""
