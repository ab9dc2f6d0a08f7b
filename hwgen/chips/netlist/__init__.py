"""What nextpnr is spared in a synthesised netlist, one file a fault; what the netlist computes stays."""
