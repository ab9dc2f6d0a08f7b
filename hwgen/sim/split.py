"""Cuts CXXRTL's output into pieces a compiler digests.

CXXRTL writes a flat circuit as one function of tens of thousands of statements, and g++'s optimiser takes more than
proportional time over a long function. The statements share no local variable but those declared at the function's
head, so the function is cut at the comments that stand between them, and the pieces are spread over several files,
which compile side by side.
"""

from __future__ import annotations

HEAD = "bool p_top::eval(performer *performer) {\n"
END = "\treturn converged;\n}\n"
STRUCT = "struct p_top : public module {\n"
PROLOGUE = 2
"""Head lines every piece needs or receives: `converged` and the clock edge. The rest are shared variables."""


def split(header: str, source: str, *, statements: int = 30, files: int = 2) -> tuple[str, list[str]]:
    """Cut the ``eval`` function of a `write_cxxrtl -header` pair.

    Args:
        statements: lines a piece holds at least.
        files: translation units the pieces are shared among.

    Returns:
        the new header, and the sources: the first is the main one, the others hold pieces.
    """
    before, rest = source.split(HEAD, 1)
    body, after = rest.split(END, 1)
    lines = body.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("\t//"))
    prologue, shared = lines[:PROLOGUE], lines[PROLOGUE:start]
    pieces = _pieces(lines[start:], statements)
    include = source.split("\n", 1)[0]
    calls = "".join(f"\teval_{i}(posedge_p_clk);\n" for i in range(len(pieces)))
    main = before + HEAD + "\n".join(prologue) + "\n" + calls + END + after
    units = []
    for unit in range(files):
        functions = [
            f"void p_top::eval_{i}(bool posedge_p_clk) {{\n" + "\n".join(piece) + "\n}\n"
            for i, piece in enumerate(pieces)
            if i * files // len(pieces) == unit
        ]
        units.append(f"{include}\nusing namespace cxxrtl_yosys;\nnamespace cxxrtl_design {{\n{''.join(functions)}}}\n")
    members = [f"\tvoid eval_{i}(bool posedge_p_clk);" for i in range(len(pieces))]
    return header.replace(STRUCT, STRUCT + "\n".join(members + shared) + "\n", 1), [main, *units]


def _pieces(lines: list[str], statements: int) -> list[list[str]]:
    """Groups of at least `statements` lines; a cut falls only before a comment that opens a statement."""
    pieces: list[list[str]] = [[]]
    for line in lines:
        opens = line.startswith("\t//")
        if opens and len(pieces[-1]) > statements and not pieces[-1][-1].startswith("\t//"):
            pieces.append([])
        pieces[-1].append(line)
    return pieces
