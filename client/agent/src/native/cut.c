/*
 * The inner loop of dev.holdfast.agent.chunk.JavaCutSearch, which says what it computes. Called by NativeCutSearch.
 */
#include <stdint.h>

#define WINDOW 64

/* data[from - WINDOW .. to - 1] must be readable, table has 256 entries. Neither blocks nor calls anything. */
int64_t holdfast_cut(const uint8_t *data, const uint64_t *table, int64_t from, int64_t to, uint64_t mask) {
    uint64_t hash = 0;
    int64_t at = from - WINDOW;
    for (; at < from; at++) {
        hash = (hash << 1) + table[data[at]];
    }
    for (; at < to; at++) {
        hash = (hash << 1) + table[data[at]];
        if ((hash & mask) == 0) {
            return at + 1;
        }
    }
    return -1;
}
