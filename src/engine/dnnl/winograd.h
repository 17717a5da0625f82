/* engine/dnnl/winograd: convolutions 3x3 of stride 1 by Winograd's algorithm F(4x4, 3x3) (Lavin & Gray 2016),
 * which needs a quarter of the multiplications. oneDNN has it for AVX-512 only, slower and with ten times the
 * scratch memory. And at stride 2, padding 1, by the same for F(4x4, 2x2) (winograd_points.h), which needs
 * 81 multiplications for 16 outputs instead of 144.
 *
 * An image is cut into tiles of 4x4 outputs, a row of which is a strip. Input (6x6 around a tile) and filters
 * (3x3) are evaluated as polynomials at 6x6 positions, where the convolution is a product: at each of the 36
 * positions, [tiles][channels] × [channels][filters]. Interpolation gives the outputs. The gradient of the
 * input is such a convolution too, with the filters turned; the gradient of the filters runs everything
 * backwards. The strips of a block go through all of it while they are in cache.
 *
 * At stride 2 a tile has 9x9 terms: some positions of the filters serve several. The gradient of the input is
 * made in tiles of 8x8.
 *
 * States are floats, or bf16 that are widened when they are read and rounded when they are written. They lie
 * in blocks of LANES channels, [image][block][row][column][LANES], filters as
 * [block of filters][block of channels][3][3][channel][filter]: oneDNN's nChw16c and OIhw16i16o, or with 8.
 *
 * What a newcomer gets wrong: the numbers do not depend on how the work is divided. Each output is made by
 * one thread, and a gradient sums its tiles in their order, so that any number of threads gives the same
 * bits. */
#ifndef ENGINE_DNNL_WINOGRAD_H
#define ENGINE_DNNL_WINOGRAD_H

#include "engine/team.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    WINOGRAD_TILE = 4,
    WINOGRAD_FILTER = 3,
    WINOGRAD_SIDE = WINOGRAD_TILE + WINOGRAD_FILTER - 1,
    WINOGRAD_POSITIONS = WINOGRAD_SIDE * WINOGRAD_SIDE,
    WINOGRAD_STRIDED_TERMS = 2 * WINOGRAD_TILE + 1, /* in one dimension; at stride 1 one for each position */
    WINOGRAD_TOGETHER =
        2 /* blocks of outputs that a product makes at once; of an odd number the last one alone */
};

typedef struct winograd_images {
    size_t channels, blocks; /* blocks × LANES ≥ channels; the channels beyond are zeros */
    size_t height, width;
} winograd_images;

/* One convolution as the kernels see it. For the gradient of its input, `input` is the gradient that arrives
 * and `output` the one that is made. */
typedef struct winograd_work {
    winograd_images in, out;
    size_t stride;                /* 1 or 2, in both dimensions; below, that of the convolution itself */
    size_t terms;                 /* in one dimension */
    size_t images, strips, tiles; /* strips of an image, tiles of a strip */
    size_t top, left;             /* rows and columns of zeros before the input */
    size_t capacity;              /* tiles of a block, a multiple of 4 */
    bool turned;                  /* filters by 180 degrees, with inputs and outputs exchanged */

    const float *input; /* this, output, addend and arrived: bf16 for kernels of those */
    const float *filters;
    float *output;
    const float *scale, *shift; /* [out.channels] of the output, or NULL */
    const float *addend;        /* then added, like the output; or NULL */
    bool relu;                  /* at last */
    const float *arrived;       /* for the gradient of the filters: that of the output */
    float *filter_gradient;

    /* scratch */
    float *columns;     /* of each thread: a strip halfway, [terms][columns of windows][LANES] */
    float *zeros;       /* of each thread: [width][LANES] */
    float *at_filters;  /* [36][in.blocks × LANES][out.blocks × LANES], the outputs grouped by TOGETHER */
    float *at_states;   /* [terms²][in.blocks][capacity][LANES] */
    float *at_products; /* [terms²][out.blocks][capacity][LANES] */
    size_t filters_stride, states_stride, products_stride; /* from one position or term to the next */
} winograd_work;

/* How many terms the filters at a position serve, in one dimension. */
static inline size_t winograd_terms_at(const winograd_work *work, size_t position) {
    return work->stride > 1 && position == 0 ? WINOGRAD_TILE : 1;
}

/* Loops for one instruction set. Strips are counted over the batch, pairs are output block × in.blocks +
 * input block; items are term × groups of outputs + group, of the gradient of the filters position × groups +
 * group. */
typedef struct winograd_kernels {
    size_t lanes;
    bool bf16; /* the states */
    void (*transform_filters)(const winograd_work *work, size_t first_pair, size_t end_pair);
    void (*transform_input)(const winograd_work *work, size_t at, size_t first_strip, size_t count);
    void (*multiply)(const winograd_work *work, size_t tiles, size_t first_item, size_t end_item);
    void (*transform_output)(const winograd_work *work, size_t at, size_t first_strip, size_t count);
    /* of the gradient of the filters */
    void (*transform_arrived)(const winograd_work *work, size_t at, size_t first_strip, size_t count);
    void (*accumulate)(const winograd_work *work, size_t tiles, bool first, size_t first_item,
                       size_t end_item);
    void (*finish_filters)(const winograd_work *work, size_t first_pair, size_t end_pair);
} winograd_kernels;

extern const winograd_kernels winograd_avx2;   /* 8 lanes */
extern const winograd_kernels winograd_avx512; /* 16 lanes */
extern const winograd_kernels winograd_bf16;   /* 16 lanes; for AVX512_BF16 */

/* A convolution with its division among threads. */
typedef struct winograd_plan {
    winograd_work work;
    const winograd_kernels *kernels;
    size_t threads;
    size_t block_strips;
    bool together; /* all threads work on one block, each at positions of its own; else each on its own blocks
                    */
    size_t thread_scratch, filters_scratch, states_scratch, products_scratch; /* in values */
} winograd_plan;

/* Fills in the rest where kernels, threads and the work's images, batch, stride and zeros are given. */
void winograd_divide(winograd_plan *plan, bool of_filters);
size_t winograd_scratch(const winograd_plan *plan);
/* Points the work into `scratch`. */
void winograd_bind_scratch(winograd_plan *plan, float *scratch);

/* output = the convolution; and the gradient of its filters. A member's share: each of a team, of at most so
 * many threads as the plan has, calls it. */
void winograd_run(const winograd_plan *plan, const team_member *me);
void winograd_run_gradient(const winograd_plan *plan, const team_member *me);

#endif
