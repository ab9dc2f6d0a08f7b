// Plays the serial line of a CXXRTL shell bit by bit; stands behind the generated circuit in one file.
// CLOCKS_PER_BIT is that of the shell's UART.
//
// Standard input, once per exchange: little-endian u32 number of bit times to let pass, u32 number of bytes, then the
// bytes, which go onto the line behind those still on their way. Standard output, once per exchange: u32 number of
// bytes that the shell has sent since, then the bytes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <vector>

namespace {

uint32_t read_word() {
    uint32_t word;
    if (fread(&word, 4, 1, stdin) != 1) exit(0);
    return word;
}

template <size_t Bits> bool level(const cxxrtl::value<Bits> &v) { return v.data[0] & 1; }
template <size_t Bits> bool level(const cxxrtl::wire<Bits> &w) { return w.curr.data[0] & 1; }

}  // namespace

int main() {
    cxxrtl_design::p_top top;
    std::deque<uint8_t> sending;
    std::vector<uint8_t> received;
    uint32_t out = 0, out_left = 0;     // a byte on its way to the shell: its bits, lowest first; clocks left
    uint32_t in = 0, in_clock = 0;      // a byte on its way from it: bits so far; clocks since its start
    bool in_byte = false;

    top.p_rx.set<bool>(true);
    top.p_rst.set<bool>(true);
    top.p_clk.set<bool>(false); top.step();
    top.p_clk.set<bool>(true); top.step();
    top.p_rst.set<bool>(false);
    for (;;) {
        const uint64_t clocks = uint64_t(read_word()) * CLOCKS_PER_BIT;
        for (uint32_t left = read_word(); left; left--) sending.push_back(getchar());
        for (uint64_t clock = 0; clock < clocks; clock++) {
            if (!out_left && !sending.empty()) {
                out = sending.front() << 1 | 1 << 9;
                out_left = 10 * CLOCKS_PER_BIT;
                sending.pop_front();
            }
            const uint32_t place = 9 - (out_left - 1) / CLOCKS_PER_BIT;
            top.p_rx.set<bool>(out_left ? out >> place & 1 : true);
            if (out_left) out_left--;
            top.p_clk.set<bool>(false); top.step();
            top.p_clk.set<bool>(true); top.step();
            const bool tx = level(top.p_tx);
            if (!in_byte && !tx) { in_byte = true; in = in_clock = 0; }
            if (!in_byte) continue;
            if (in_clock % CLOCKS_PER_BIT == CLOCKS_PER_BIT / 2) in |= uint32_t(tx) << in_clock / CLOCKS_PER_BIT;
            if (++in_clock < 9 * CLOCKS_PER_BIT + CLOCKS_PER_BIT / 2 + 1) continue;
            in_byte = false;
            received.push_back(in >> 1);
        }
        const uint32_t count = received.size();
        fwrite(&count, 4, 1, stdout);
        fwrite(received.data(), 1, count, stdout);
        fflush(stdout);
        received.clear();
    }
}
