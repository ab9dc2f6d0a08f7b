"""The serial line: bits, bytes, frames, requests and replies."""
