// Plays the serial line of a CXXRTL shell bit by bit; stands behind the generated circuit in one file.
// The host's bit takes the first argument divided by the second clock cycles of the shell, exactly; see host_uart.py.
//
// Standard input, once per exchange: little-endian u32 number of the host's bit times to let pass, u32 number of
// bytes, then the bytes, which go onto the line behind those still on their way. Standard output, once per exchange:
// u32 number of bytes that the shell has sent since, then the bytes.
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

int main(int, char **arguments) {
    // Times are whole numbers of halves of the smallest part of a cycle that the host's bit needs.
    const uint64_t bit = 2 * strtoull(arguments[1], nullptr, 10), cycle = 2 * strtoull(arguments[2], nullptr, 10);
    cxxrtl_design::p_top top;
    std::deque<uint8_t> sending;
    std::vector<uint8_t> received;
    uint32_t out = 0, out_left = 0;     // a byte on its way to the shell: its bits, lowest first; bits left
    uint32_t in = 0;                    // a byte on its way from it: its bits so far
    int in_place = -1;                  // the next one
    uint64_t now = 0, until = 0, out_end = 0, in_due = 0;

    top.p_rx.set<bool>(true);
    top.p_rst.set<bool>(true);
    top.p_clk.set<bool>(false); top.step();
    top.p_clk.set<bool>(true); top.step();
    top.p_rst.set<bool>(false);
    for (;;) {
        until += read_word() * bit;
        for (uint32_t left = read_word(); left; left--) sending.push_back(getchar());
        for (; now < until; ) {
            while (out_left && now >= out_end) { out >>= 1; out_left--; out_end += bit; }
            if (!out_left && !sending.empty()) {
                // Right behind another byte, a byte begins where that has ended, be it in the middle of a cycle.
                const uint64_t begin = now + bit - out_end < cycle ? out_end - bit : now;
                out = sending.front() << 1 | 1 << 9;
                out_left = 10;
                out_end = begin + bit;
                sending.pop_front();
            }
            top.p_rx.set<bool>(out_left ? out & 1 : true);
            top.p_clk.set<bool>(false); top.step();
            top.p_clk.set<bool>(true); top.step();
            const bool tx = level(top.p_tx);
            if (in_place < 0 && !tx) { in = in_place = 0; in_due = now + bit / 2; }
            now += cycle;
            if (in_place < 0 || in_due >= now) continue;
            in |= uint32_t(tx) << in_place++;
            in_due += bit;
            if (in_place < 10) continue;
            in_place = -1;
            if (in & 1 << 9) received.push_back(in >> 1);
        }
        const uint32_t count = received.size();
        fwrite(&count, 4, 1, stdout);
        fwrite(received.data(), 1, count, stdout);
        fflush(stdout);
        received.clear();
    }
}
