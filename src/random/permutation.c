/* random/permutation: uniform permutations and derangements. Uses stream.h only. */
#include "random/stream.h"

#include <stdbool.h>

static void identity(size_t count, uint32_t *permutation) {
    for (size_t i = 0; i < count; i++)
        permutation[i] = (uint32_t)i;
}

/* Settles place `i` for good: one of the values at 0..i, each as likely. */
static void settle(random_stream *stream, size_t i, uint32_t *permutation) {
    const uint32_t j = random_below(stream, (uint32_t)i + 1);
    const uint32_t value = permutation[j];
    permutation[j] = permutation[i];
    permutation[i] = value;
}

void random_permutation(random_stream *stream, size_t count, uint32_t *permutation) {
    identity(count, permutation);
    for (size_t i = count; i-- > 1;)
        settle(stream, i, permutation);
}

/* False as soon as a place holds its own number; the permutation is then unfinished. */
static bool try_derangement(random_stream *stream, size_t count, uint32_t *permutation) {
    identity(count, permutation);
    for (size_t i = count; i-- > 1;) {
        settle(stream, i, permutation);
        if (permutation[i] == i)
            return false;
    }
    return permutation[0] != 0;
}

void random_derangement(random_stream *stream, size_t count, uint32_t *permutation) {
    while (!try_derangement(stream, count, permutation))
        continue;
}
