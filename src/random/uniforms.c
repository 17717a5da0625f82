/* random/uniforms: many numbers of one stream at once. A block after the other spends its time waiting for
 * the product of the round before; here the rounds of many blocks go side by side, in loops that compilers
 * turn into vectors. Uses Random123's constants of Philox; random_philox is what it must agree with. */
#include "base/vectorize.h"
#include "random/stream.h"

#include <Random123/philox.h>

enum { BLOCKS = 32, ROUNDS = 10, BLOCK_UNIFORMS = 2 };

/* words[w][i]: word w of the block at `counter` plus i. */
static inline void make_blocks(const random_stream *stream, uint32_t words[4][BLOCKS]) {
    uint32_t *restrict a = words[0];
    uint32_t *restrict b = words[1];
    uint32_t *restrict c = words[2];
    uint32_t *restrict d = words[3];
    uint32_t key[2] = {stream->key[0], stream->key[1]};
    for (uint32_t i = 0; i < BLOCKS; i++) {
        a[i] = stream->counter[0] + i;
        b[i] = stream->counter[1];
        c[i] = stream->counter[2];
        d[i] = stream->counter[3];
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < BLOCKS; i++) {
            const uint64_t first = a[i] * (uint64_t)PHILOX_M4x32_0;
            const uint64_t second = c[i] * (uint64_t)PHILOX_M4x32_1;
            a[i] = (uint32_t)(second >> 32) ^ b[i] ^ key[0];
            b[i] = (uint32_t)second;
            c[i] = (uint32_t)(first >> 32) ^ d[i] ^ key[1];
            d[i] = (uint32_t)first;
        }
        key[0] += PHILOX_W32_0;
        key[1] += PHILOX_W32_1;
    }
}

/* What random_uniform makes of two words: both terms and their sum are exact. */
static double uniform_of(uint32_t high, uint32_t low) {
    return (double)high * 0x1p-32 + (double)(int32_t)(low >> 11) * 0x1p-53;
}

/* The numbers of BLOCKS blocks, which the stream leaves behind. */
VECTORIZED_PRODUCTS static void take_blocks(random_stream *stream, double *values) {
    uint32_t words[4][BLOCKS];
    make_blocks(stream, words);
    stream->counter[0] += BLOCKS;
    for (size_t i = 0; i < BLOCKS; i++) {
        values[2 * i] = uniform_of(words[0][i], words[1][i]);
        values[2 * i + 1] = uniform_of(words[2][i], words[3][i]);
    }
}

void random_uniforms(random_stream *stream, size_t count, double *values) {
    const size_t at_once = (size_t)BLOCKS * BLOCK_UNIFORMS;
    size_t done = 0;
    while (done < count && stream->used < 4) /* the rest of a block that was begun */
        values[done++] = random_uniform(stream);
    for (; count - done >= at_once && stream->used == 4; done += at_once)
        take_blocks(stream, values + done);
    while (done < count)
        values[done++] = random_uniform(stream);
}

void random_skip_uniforms(random_stream *stream, size_t count) {
    const size_t blocks = count / BLOCK_UNIFORMS;
    if (blocks > 0 && stream->used < 4) { /* the same place in a later block */
        const uint32_t used = stream->used;
        stream->counter[0] += (uint32_t)(blocks - 1);
        random_philox(stream->counter, stream->key, stream->words);
        stream->counter[0]++;
        stream->used = used;
    } else {
        stream->counter[0] += (uint32_t)blocks;
    }
    for (size_t i = blocks * BLOCK_UNIFORMS; i < count; i++)
        random_uniform(stream);
}
