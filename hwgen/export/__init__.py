"""The circuit as Verilog for somebody's own design, with a test bench and its check."""
