"""The circuit as software, and its comparison with the golden model."""
