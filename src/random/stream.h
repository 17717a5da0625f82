/* random/stream: random numbers as a function of (seed, purpose, item, epoch, step, sample) and nothing else.
 *
 * A stream is a counter-based generator, Philox4x32-10 (Salmon et al. 2011, from Random123): no state to
 * save, the same numbers on any number of threads, any step can be replayed alone. The key is the first two
 * words of philox(counter {purpose, item, 0, RANDOM_KEY_TAG}, key {low half of seed, high half}), the counter
 * is {block, sample, step, epoch}; the blocks of a stream are numbered from 0, give four 32-bit words each,
 * in order, and repeat after 2^34 words. Changing any of this changes every result: tests/random pins it. A
 * newcomer's mistake: opening the same stream twice for two different things, which then get equal numbers;
 * add a purpose at the end of the list instead. */
#ifndef RANDOM_STREAM_H
#define RANDOM_STREAM_H

#include <stddef.h>
#include <stdint.h>

typedef enum random_purpose {
    RANDOM_INITIAL = 1, /* initial weights; item: parameter */
    RANDOM_ORDER,       /* order of the samples in an epoch */
    RANDOM_PLAIN,       /* whether a batch is left unmixed */
    RANDOM_SITE,        /* site of a batch */
    RANDOM_LAMBDA,      /* λ; sample: 0, or the row with a λ per sample */
    RANDOM_PARTNER,     /* permutation of a batch */
    RANDOM_DROPOUT,     /* item: layer; sample: row of the batch */
    RANDOM_NOISE,       /* item: layer; sample: row of the batch */
    RANDOM_SPLIT,       /* parts of a data set */
    RANDOM_SYNTHETIC,   /* generated data; item: class; sample: number */
    RANDOM_FLIP,        /* augmentation of a training image (data/augment.h); sample: number in the set */
    RANDOM_CROP,
    RANDOM_RESIZED_CROP,
    RANDOM_CUTOUT,
    RANDOM_CUT,    /* centre of a rectangle (row, then column); sample as for λ */
    RANDOM_ATTACK, /* where an attack begins; sample: number in the set */
    RANDOM_DEFORM, /* deformation of a test image; item: kind; sample: number in the set */
} random_purpose;

/* Sets keys' counters apart from anything else that may use Philox with the same seed: "mixu" in ASCII. */
enum { RANDOM_KEY_TAG = 0x6d697875 };

typedef struct random_stream {
    uint32_t key[2];
    uint32_t counter[4];
    uint32_t words[4]; /* of the current block */
    uint32_t used;     /* of them; 4: take the next block */
} random_stream;

random_stream random_open(uint64_t seed, random_purpose purpose, uint32_t item, uint32_t epoch, uint32_t step,
                          uint32_t sample);

/* The block `counter` under `key`; published test vectors hold. */
void random_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t words[4]);

uint32_t random_word(random_stream *stream);

/* In [0, 1): 53 bits from two words (the first one is the high part). */
double random_uniform(random_stream *stream);

/* The next `count` of them, several times as fast; and leaving out `count`, in no time. */
void random_uniforms(random_stream *stream, size_t count, double *values);
void random_skip_uniforms(random_stream *stream, size_t count);

/* In [0, bound), unbiased (Lemire 2019); bound ≥ 1. */
uint32_t random_below(random_stream *stream, uint32_t bound);

/* Standard normal: Box & Muller 1958, the cosine of the pair; two uniforms each. */
double random_normal(random_stream *stream);
/* The next `count` of them. */
void random_normals(random_stream *stream, size_t count, double *values);

/* λ ~ Beta(alpha, alpha) and 1 - λ, each with its own full precision, for any finite alpha > 0: from the
 * ratio of two gamma variates (Marsaglia & Tsang 2000; for alpha < 1 that of alpha + 1 times U^(1/alpha)),
 * kept as a logarithm until the end. Both are in [0, 1]; below about 1e-308 the small one is 0. */
void random_beta(random_stream *stream, double alpha, double *lambda, double *one_minus_lambda);

/* A uniform permutation of 0..count-1 (Fisher & Yates); count < 2^32. */
void random_permutation(random_stream *stream, size_t count, uint32_t *permutation);

/* A uniform permutation without fixed points, by rejection (e tries on average); 2 ≤ count < 2^32. */
void random_derangement(random_stream *stream, size_t count, uint32_t *permutation);

#endif
