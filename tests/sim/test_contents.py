"""Memories' contents as plain numbers."""

from __future__ import annotations

from hwgen.sim.contents import plain_contents

SOURCE = """void p_top::reset() {
\tstatic const value<40> mem_init_1[2] {
\t\tvalue<40>{0x11u,0x2u}, value<40>{0x33u,0x4u},
\t};
\tstd::copy(std::begin(mem_init_1), std::end(mem_init_1), &memory_p_table.data[0]);
\tp_x = value<2>{0x3u};
\tstatic const value<2> mem_init_2[3] {
\t\tvalue<2>{0x1u}, value<2>{0x0u}, value<2>{0x3u},
\t};
\tstd::copy(std::begin(mem_init_2), std::end(mem_init_2), &memory_p_other.data[5]);
}
"""


def test_words_of_any_width() -> None:
    plain = plain_contents(SOURCE)
    assert "{\n\t\t0x11u,0x2u, 0x33u,0x4u,\n\t}" in plain
    assert "sizeof mem_init_1 == 2 * sizeof(value<40>)" in plain
    assert "std::memcpy(static_cast<void *>(&memory_p_other.data[5]), mem_init_2, sizeof mem_init_2)" in plain


def test_all_else_stays() -> None:
    assert "\tp_x = value<2>{0x3u};\n" in plain_contents(SOURCE)
    assert plain_contents("no memory\n") == "no memory\n"
