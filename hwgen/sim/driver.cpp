// Feeds tokens to a CXXRTL core and records its results; stands behind the generated circuit in one file.
// TOKEN_BITS is the width of a token; BOOT_CYCLES pass before the first one can be taken; with WAVES defined, the first argument names a VCD file to write.
//
// Standard input, for each run, one after the other without a reset, in little-endian u32: stall threshold (0..256: a
// stream pauses in a cycle when a random byte is below it), random seed, number of tokens, then the tokens as the
// payload bits of the token stream. A run begins when all results of the one before have left.
// Standard output, one record per sentence: u32 cycles at which the first token and the last token entered and at
// which the result left, then the payload bits of the result stream in whole u32 words.
// Exit status 3: no result for a long time.
#include <cstdio>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <vector>
#ifdef WAVES
#include <cxxrtl/cxxrtl_vcd.h>
#endif

namespace {

constexpr uint32_t kPatience = 1000000 + BOOT_CYCLES;  // cycles without a result before the circuit counts as stuck

template <size_t Bits> const uint32_t *words(const cxxrtl::value<Bits> &v) { return v.data; }
template <size_t Bits> const uint32_t *words(const cxxrtl::wire<Bits> &w) { return w.curr.data; }
template <size_t Bits> constexpr size_t size_of(const cxxrtl::value<Bits> &) { return (Bits + 31) / 32; }
template <size_t Bits> constexpr size_t size_of(const cxxrtl::wire<Bits> &) { return (Bits + 31) / 32; }

bool read_word(uint32_t &word) { return fread(&word, 4, 1, stdin) == 1; }

uint32_t read_word() {
    uint32_t word;
    if (!read_word(word)) { fprintf(stderr, "input ended early\n"); exit(2); }
    return word;
}

struct Random {
    uint64_t state;
    uint8_t byte() {  // xorshift64*
        state ^= state >> 12; state ^= state << 25; state ^= state >> 27;
        return (state * 2685821657736338717ull) >> 56;
    }
};

struct Entry { uint32_t first, last; };

}  // namespace

int main(int argc, char **argv) {
    cxxrtl_design::p_top top;
#ifdef WAVES
    if (argc != 2) { fprintf(stderr, "usage: %s WAVES.vcd\n", argv[0]); return 2; }
    cxxrtl::debug_items items;
    top.debug_info(&items, nullptr, "");
    cxxrtl::vcd_writer vcd;
    vcd.timescale(1, "us");
    vcd.add(items);
    std::ofstream waves(argv[1]);
    auto settle = [&](uint64_t time) {
        top.step();
        vcd.sample(time);
        waves << vcd.buffer;
        vcd.buffer.clear();
        if (!waves) { fprintf(stderr, "the waves cannot be written\n"); exit(5); }
    };
#else
    (void)argc, (void)argv;
    auto settle = [&](uint64_t) { top.step(); };
#endif

    const unsigned mark_first = TOKEN_BITS, mark_last = TOKEN_BITS + 1;
    uint32_t cycle = 0, stall;

    top.p_rst.set<bool>(true);
    top.p_clk.set<bool>(false); top.step();
    top.p_clk.set<bool>(true); top.step();
    top.p_rst.set<bool>(false);
    while (read_word(stall)) {
        Random random{read_word() * 2ull + 1};
        std::vector<uint32_t> tokens(read_word());
        for (auto &token : tokens) token = read_word();
        std::deque<Entry> inside;
        size_t sent = 0, expected = 0, received = 0;
        for (uint32_t token : tokens) expected += (token >> mark_last) & 1;
        uint32_t first_cycle = 0, last_result = cycle;
        bool offering = false;
        for (; received < expected; cycle++) {
            if (cycle - last_result > kPatience) { fprintf(stderr, "stuck at cycle %u\n", cycle); return 3; }
            // A stream that has offered a token must keep offering it until it is taken.
            if (!offering) offering = sent < tokens.size() && random.byte() >= stall;
            const bool ready = random.byte() >= stall;
            top.p_tokens____valid.set<bool>(offering);
            if (sent < tokens.size()) top.p_tokens____payload.set<uint32_t>(tokens[sent]);
            top.p_results____ready.set<bool>(ready);
            top.p_clk.set<bool>(false);
            settle(2ull * cycle);
            if (offering && *words(top.p_tokens____ready)) {
                if ((tokens[sent] >> mark_first) & 1) first_cycle = cycle;
                if ((tokens[sent] >> mark_last) & 1) inside.push_back({first_cycle, cycle});
                sent++;
                offering = false;
            }
            if (ready && *words(top.p_results____valid)) {
                if (inside.empty()) { fprintf(stderr, "a result without a sentence at cycle %u\n", cycle); return 4; }
                const uint32_t times[3] = {inside.front().first, inside.front().last, cycle};
                inside.pop_front();
                fwrite(times, 4, 3, stdout);
                fwrite(words(top.p_results____payload), 4, size_of(top.p_results____payload), stdout);
                received++;
                last_result = cycle;
            }
            top.p_clk.set<bool>(true);
            settle(2ull * cycle + 1);
        }
    }
#ifdef WAVES
    waves.close();
    if (!waves) { fprintf(stderr, "the waves cannot be written\n"); return 5; }
#endif
    return 0;
}
