"""The host's side of the serial line."""
