/* random/stream: keys, blocks and uniform numbers. Uses Random123's Philox and nothing else. */
#include "random/stream.h"

#include <Random123/philox.h>

enum { BLOCK_WORDS = 4 };

void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]) {
    const philox4x32_ctr_t in = {{counter[0], counter[1], counter[2], counter[3]}};
    const philox4x32_key_t under = {{key[0], key[1]}};
    const philox4x32_ctr_t out = philox4x32_R(10, in, under);
    for (int i = 0; i < BLOCK_WORDS; i++)
        words[i] = out.v[i];
}

random_stream random_open(uint64_t seed, random_purpose purpose, uint32_t item, uint32_t epoch, uint32_t step,
                          uint32_t sample) {
    const uint32_t counter[4] = {(uint32_t)purpose, item, 0, RANDOM_KEY_TAG};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t words[BLOCK_WORDS];
    random_philox(counter, key, words);
    return (random_stream){
        .key = {words[0], words[1]},
        .counter = {0, sample, step, epoch},
        .used = BLOCK_WORDS,
    };
}

uint32_t random_word(random_stream *stream) {
    if (stream->used == BLOCK_WORDS) {
        random_philox(stream->counter, stream->key, stream->words);
        stream->counter[0]++;
        stream->used = 0;
    }
    return stream->words[stream->used++];
}

double random_uniform(random_stream *stream) {
    const uint64_t high = random_word(stream);
    const uint64_t low = random_word(stream);
    return (double)((high << 32 | low) >> 11) * 0x1p-53;
}

uint32_t random_below(random_stream *stream, uint32_t bound) {
    uint64_t product = (uint64_t)random_word(stream) * bound;
    if ((uint32_t)product < bound) {
        /* 2^32 mod bound: so many of the words would give some results once too often. */
        const uint32_t surplus = (uint32_t)(0 - bound) % bound;
        while ((uint32_t)product < surplus)
            product = (uint64_t)random_word(stream) * bound;
    }
    return (uint32_t)(product >> 32);
}
