/* engine/product/kernel: the innermost loops, one set of them an instruction set.
 *
 * Every kernel computes one tile that stays in registers; product.c cuts a product into tiles. An element of
 * a result is always summed up in the same order, whatever the tile that it falls into.
 *
 * What tiles multiply are factors (product.h): floats, or in their places pairs of bf16. Then `left`, `panel`
 * and `right` point at factors, an index k or j counts factors, and x × y stands for the sum of both products
 * of a pair with a pair. Sums are floats. */
#ifndef ENGINE_PRODUCT_KERNEL_H
#define ENGINE_PRODUCT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum {
    KERNEL_ROWS = 6,    /* most rows of a tile in any set */
    KERNEL_VECTORS = 4, /* most vectors of a panel */
    KERNEL_LANES = 16,  /* most values of a vector */
    KERNEL_WIDTH = KERNEL_VECTORS * KERNEL_LANES,
    KERNEL_COLUMNS = 4, /* of a tile of inner products */
    KERNEL_AHEAD = 3,   /* arrays that are fetched ahead */
    KERNEL_LINE = 16,   /* values of a cache line */
};

/* A sum of outer products, `rows` × `vectors` vectors wide:
 *   out[r][c] = leak(start[r][c] + Σ_k left[r][k] panel[k][c]), with leak(z) = z > 0 ? z : slope × z */
typedef struct outer_tile {
    size_t depth;      /* number of k */
    const float *left; /* left[r × left_row + k] */
    size_t left_row;
    const float *panel; /* panel[k × panel_row + c], in whole vectors */
    size_t panel_row;
    const float *start; /* start[r × start_row + c]; NULL: zeros */
    size_t start_row;
    float *out; /* out[r × out_row + c] */
    size_t out_row;
    size_t last; /* columns of the last vector that `start` and `out` have: 1 to all */
    float slope; /* 1: no activation */
    /* While it runs, a line here is fetched into the cache at every `ahead_every`-th k, and the address moves
     * on by `ahead_step` bytes. */
    const char *ahead;
    size_t ahead_every, ahead_step;
} outer_tile;

/* The same sum for a gradient of weights: out[r][c] = Σ_k left[k][r] panel[k][c], in whole vectors. While it
 * runs, lines of other arrays are fetched into the cache, a few at a time. */
typedef struct gradient_tile {
    size_t depth;
    const float *left; /* left[k × left_depth + r] */
    size_t left_depth;
    const float *panel; /* panel[k × panel_row + c] */
    size_t panel_row;
    float *out; /* out[r × vectors × lanes + c] */
    const char *ahead[KERNEL_AHEAD];
    size_t ahead_lines; /* of each array, at every `ahead_every`-th k: a power of two */
    size_t ahead_every;
    size_t ahead_step; /* bytes from one of them to the next */
} gradient_tile;

/* Vectors of values that Adam updates, in order, and their gradient. While it runs, lines so many values
 * ahead of them are fetched into the cache. */
typedef struct adam_piece {
    size_t vectors;
    float *values, *moment1, *moment2;
    const float *gradient;
    size_t ahead;
    float beta1_rest, beta2, beta2_rest; /* β2; rest: 1 - β */
    float step_size, epsilon;
} adam_piece;

/* Inner products, `rows` × `columns` of them: out[r][c] = Σ_p Σ_j left[r][p][j] right[c][p][j], over some
 * whole panels p and the narrower one that may be behind them; or that added to out[r][c]. */
typedef struct inner_part {
    const float *left; /* left[p × left_panel + r × left_row + j] */
    size_t left_row, left_panel;
    const float *right; /* right[p × right_panel + c × right_row + j] */
    size_t right_row, right_panel;
} inner_part;

typedef struct inner_tile {
    size_t panels; /* whole ones */
    inner_part whole;
    size_t rest_vectors; /* of the narrower panel; 0: there is none */
    inner_part rest;
    float *out; /* out[r × out_row + c] */
    size_t out_row;
    bool adds;
    const float *ahead; /* `ahead_lines` lines here and at each following panel, `ahead_panel` values on, */
    size_t ahead_panel; /* are fetched */
    size_t ahead_lines;
} inner_tile;

/* One panel of a gradient times the slope of the activation behind which it was taken, and its sums over the
 * batch: out[b][c] = (output[b][c] > 0 ? 1 : slope) × values[b][c]. As factors of two values `out` has half
 * as many columns or, with pair_rows, half as many rows; where the number is odd, the last pair's second
 * value is 0. */
typedef struct pack_panel {
    size_t batch, vectors;
    size_t last;         /* columns of the last vector that `values` and `output` have: 1 to all */
    const float *values; /* values[b × row + c] */
    const float *output; /* likewise; NULL: out is a copy */
    size_t row;
    float slope;
    float *out; /* out[b × out_row + c] */
    size_t out_row;
    bool whole;     /* `out` has whole vectors, which get zeros behind `last` */
    bool pair_rows; /* a factor has values of two rows, not of two columns */
    float *sums;    /* [vectors × lanes]; NULL: not wanted */
} pack_panel;

/* The other half of a sum, of any number of columns, and what follows: out[b][c] = leak(out[b][c] +
 * other[b][c] + bias[c]). */
typedef struct join_panel {
    size_t rows, vectors;
    size_t last;        /* columns of the last vector that exist: 1 to all */
    const float *other; /* other[b × row + c] */
    const float *bias;  /* NULL: none */
    float *out;         /* out[b × row + c] */
    size_t row;
    float slope;
} join_panel;

typedef struct product_kernels {
    const char *name;
    size_t terms;        /* values of a factor */
    size_t lanes;        /* values of a vector */
    size_t vectors;      /* of a panel, at most */
    size_t rows;         /* of an outer tile, at most */
    size_t inner_rows;   /* of an inner tile, at most */
    size_t inner_panels; /* whole ones of an inner tile, at most */
    void (*outer[KERNEL_ROWS][KERNEL_VECTORS])(const outer_tile *tile); /* [rows - 1][vectors - 1] */
    void (*gradient[KERNEL_ROWS][KERNEL_VECTORS])(const gradient_tile *tile);
    /* An update, and one together with a gradient's tile of full size that has nothing to do with it; NULL:
     * to take values with their gradients is faster. */
    void (*adam)(const adam_piece *piece);
    void (*gradient_beside_adam)(const gradient_tile *tile, const adam_piece *piece);
    void (*inner[KERNEL_ROWS][2])(const inner_tile *tile); /* [rows - 1][KERNEL_COLUMNS columns, or 1] */
    void (*pack)(const pack_panel *panel);
    void (*join)(const join_panel *panel);
} product_kernels;

/* Factors of `count` values that a sum runs over; nearly always as many, without a call or a division. */
static inline size_t kernel_factors(const product_kernels *kernels, size_t count) {
    return kernels->terms == 1 ? count : (count + kernels->terms - 1) / kernels->terms;
}

extern const product_kernels product_avx2, product_avx512, product_avx512_bf16;

#endif
