"""Labelled text in, a compressed classifier on a cheap FPGA out."""
