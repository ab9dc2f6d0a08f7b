// Feeds an exported circuit's AXI4-Stream ports and compares every beat; stands behind the generated circuit in one file.
// STREAMS is a list of STREAM(slave, master): the beginnings of the names of each stream's ports.
//
// Standard input: little-endian u32: tokens, words, tokens of the first sentence, words of a sentence; then all tokens
// and all expected words, each as u64 data and u32 mark of the last one. The first sentence goes alone and without
// pauses, all others with random pauses on both sides.
// Standard output: "latency: FIRST LAST", the cycles from the first sentence's first and last token to its class.
// Exit status 1: a word differs; 3: no answer for a long time.
#include <cstdio>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

constexpr uint64_t kPatience = 4000000;  // cycles without an answer before the circuit counts as stuck

template <size_t Bits> uint64_t number(const cxxrtl::value<Bits> &v) {
    return v.data[0] | (Bits > 32 ? uint64_t(v.data[(Bits - 1) / 32]) << 32 : 0);
}
template <size_t Bits> uint64_t number(const cxxrtl::wire<Bits> &w) { return number(w.curr); }

template <typename T> T read_word() {
    T word;
    if (fread(&word, sizeof word, 1, stdin) != 1) { fprintf(stderr, "input ended early\n"); exit(2); }
    return word;
}

struct Beat {
    uint64_t data;
    uint32_t last;
};

std::vector<Beat> read_beats(uint32_t count) {
    std::vector<Beat> beats(count);
    for (auto &beat : beats) {
        beat.data = read_word<uint64_t>();
        beat.last = read_word<uint32_t>();
    }
    return beats;
}

struct Random {
    uint64_t state;
    bool flip() {  // xorshift64*
        state ^= state >> 12; state ^= state << 25; state ^= state >> 27;
        return (state * 2685821657736338717ull) >> 63;
    }
};

struct Stream {
    Random random;
    size_t sent, received;
    bool valid, ready;      // of the slave, of the master
    bool taken, given;      // ready of the slave, valid of the master
    Beat offered, answered;
};

}  // namespace

int main() {
    const uint32_t token_count = read_word<uint32_t>(), word_count = read_word<uint32_t>();
    const uint32_t first_tokens = read_word<uint32_t>(), beats = read_word<uint32_t>();
    const std::vector<Beat> tokens = read_beats(token_count), words = read_beats(word_count);

    cxxrtl_design::p_top top;
    std::vector<Stream> streams;
#define STREAM(S, M) streams.push_back(Stream{Random{2 * streams.size() + 1}, 0, 0, false, false, false, false, {}, {}});
    STREAMS
#undef STREAM
    top.p_rst.set<bool>(true);
    top.p_clk.set<bool>(false); top.step();
    top.p_clk.set<bool>(true); top.step();
    top.p_rst.set<bool>(false);

    uint64_t first_in = 0, last_in = 0, class_out = 0, last_answer = 0;
    for (uint64_t cycle = 0;; cycle++) {
        bool done = true;
        for (auto &stream : streams) {
            const bool calm = stream.received < beats;
            const bool may = stream.sent < tokens.size() && !(calm && stream.sent == first_tokens);
            // A stream that has offered a token must keep offering it until it is taken.
            stream.valid = may && (stream.valid || calm || stream.random.flip());
            stream.ready = calm || stream.random.flip();
            stream.offered = tokens[may ? stream.sent : 0];
            done = done && stream.received == words.size();
        }
        if (done) break;
        if (cycle - last_answer > kPatience) { fprintf(stderr, "no answer after cycle %llu\n", (unsigned long long)last_answer); return 3; }
        size_t place = 0;
#define STREAM(S, M)                                                      \
    top.S##tvalid.set<bool>(streams[place].valid);                        \
    top.S##tlast.set<bool>(streams[place].offered.last);                  \
    top.S##tdata.set<uint32_t>(uint32_t(streams[place].offered.data));    \
    top.M##tready.set<bool>(streams[place++].ready);
        STREAMS
#undef STREAM
        top.p_clk.set<bool>(false); top.step();
        place = 0;
#define STREAM(S, M)                                                                               \
    streams[place].taken = number(top.S##tready);                                                  \
    streams[place].given = number(top.M##tvalid);                                                  \
    streams[place++].answered = Beat{number(top.M##tdata), uint32_t(number(top.M##tlast))};
        STREAMS
#undef STREAM
        for (auto &stream : streams) {
            if (stream.valid && stream.taken) {
                if (stream.sent == 0) first_in = cycle;
                if (stream.sent + 1 == first_tokens) last_in = cycle;
                stream.sent++;
                stream.valid = false;
            }
            if (stream.ready && stream.given) {
                const Beat &beat = stream.answered;
                if (stream.received == words.size()) { fprintf(stderr, "more words than expected\n"); return 1; }
                const Beat &expected = words[stream.received];
                if (beat.data != expected.data || beat.last != expected.last) {
                    fprintf(stderr, "word %zu: expected %u %llx, found %u %llx\n", stream.received, expected.last,
                            (unsigned long long)expected.data, beat.last, (unsigned long long)beat.data);
                    return 1;
                }
                if (stream.received == 0) class_out = cycle;
                stream.received++;
                last_answer = cycle;
            }
        }
        top.p_clk.set<bool>(true); top.step();
    }
    printf("latency: %llu %llu\n", (unsigned long long)(class_out - first_in), (unsigned long long)(class_out - last_in));
    return 0;
}
