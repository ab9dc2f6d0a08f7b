"""Other ways to make the same circuits, completed so that they can be compared."""
