"""From a model and a board to a bitstream: boards, the choice of a design, build, report, programming."""
