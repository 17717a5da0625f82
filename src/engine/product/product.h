/* engine/product: the three products of a dense layer, y = x W^T + b, by kernels of our own for x86-64 with
 * AVX2 or AVX-512. They know nothing of plans and threads: each product is a function that does one of
 * several parts, which the caller divides among threads. The division never changes a bit of the result.
 *
 * One layout of the weights serves all three products (panel_layout): vectors run across one dimension of W,
 * which is cut into panels of a few vectors; inside a panel the other dimension, "along", is outermost.
 *
 *     W[panel][along][column]        with column < width, the vectors' dimension being panel × width + column
 *
 *   product_outer   from `along` to `across`: sums of outer products, a factor broadcast times a row of the
 *                   panel; forward where vectors run across units.
 *   product_inner   from `across` to `along`: inner products of rows with rows; the gradient of the input
 *                   where vectors run across units. No block is ever transposed.
 *   product_weights the gradient of W, tile by tile in the order of the layout, so that an optimiser can take
 *                   each tile while it is in the first cache: the gradient need not exist as an array. Adam's
 *                   update it makes itself, beside the sums.
 *
 * For narrow layers vectors run across features, and forward and backward change places.
 *
 * Factors: what a product multiplies are floats, or with the kernels for bf16 pairs of bf16, two values that
 * are neighbours in the sum in the place of a float; then each state is packed for the sum that it goes into
 * (product_sum), and weights are rounded as they are read, a few rows at a time. The weights themselves, all
 * sums and all results are floats. */
/* *
 * A newcomer's mistake: to read W beyond a panel's columns. The last panel is narrower, and behind each panel
 * a gap keeps panels from competing for the same lines of a cache. Padding is always zero. */
#ifndef ENGINE_PRODUCT_PRODUCT_H
#define ENGINE_PRODUCT_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct product_kernels product_kernels;

typedef enum product_level {
    PRODUCT_NONE,
    PRODUCT_AVX2,
    PRODUCT_AVX512,
    PRODUCT_AVX512_BF16,
} product_level;

/* The kernels for a level that the processor has; NULL where there are none. */
const product_kernels *product_find(product_level level);
/* Values of a factor: 1, or 2 of bf16. And how many factors `count` values are that a sum runs over. */
size_t product_terms(const product_kernels *kernels);
size_t product_factors(const product_kernels *kernels, size_t count);

/* ---- the layout of weights (panels.c) */

typedef struct panel_layout {
    const product_kernels *kernels;
    bool by_unit;         /* vectors run across units, else across features */
    size_t across, along; /* sizes of the two dimensions */
    size_t panels;        /* all; the last may be narrower */
    size_t width, last;   /* stored columns of a panel, and of the last one: whole vectors */
    size_t step;          /* values from one panel to the next */
} panel_layout;

panel_layout panel_layout_of(const product_kernels *kernels, size_t units, size_t features);
/* Number of stored values, padding included. */
size_t panel_stored(const panel_layout *layout);
/* Stored columns of panel p, and those that exist. */
size_t panel_width(const panel_layout *layout, size_t panel);
size_t panel_columns(const panel_layout *layout, size_t panel);

/* Between the layout and plain [units][features]. Writing sets the padding to zero, and may be divided among
 * threads. */
void panel_read(const panel_layout *layout, const float *stored, float *plain);
void panel_write_part(const panel_layout *layout, const float *plain, float *stored, size_t part,
                      size_t parts);

/* ---- states: rows of a batch */

/* The sum that factors are made for: it runs along a row of the states (outer and inner products), so that a
 * pair has two columns, [batch][columns / 2]; or over the batch (weights), [batch / 2][columns]. Floats lie
 * alike for both. An odd number has a last pair with a zero. */
typedef enum product_sum {
    PRODUCT_ALONG_ROW,
    PRODUCT_OVER_BATCH,
} product_sum;

/* Factors of [batch][across] in panels like those of W: panel p begins at values + p × panel, its rows are
 * `row` apart, in the last panel `last_row`. A plain matrix of floats with whole vectors is one, too. */
typedef struct across_states {
    const float *values;
    size_t panel, row, last_row;
} across_states;

/* States packed in [panels][rows][width], and how many factors that takes. */
across_states product_packed(const panel_layout *layout, product_sum sum, size_t batch, const float *values);
size_t product_packed_count(const panel_layout *layout, product_sum sum, size_t batch);
/* Plain [batch][across]; only floats, where across is a multiple of the vectors' length (product_plain_fits).
 */
across_states product_plain(const panel_layout *layout, const float *values);
bool product_plain_fits(const panel_layout *layout);

/* Packs states, or gradients of which it makes those before an activation:
 *   out = (output > 0 ? 1 : slope) × values */
typedef struct product_pack {
    const product_kernels *kernels;
    product_sum sum;
    size_t batch, across;
    const float *values; /* [batch][across] */
    const float *output; /* [batch][across] of the activation; NULL: none */
    float slope;
    float *out;     /* factors, packed */
    bool plain;     /* out has its rows whole instead, one behind the other, */
    size_t out_row; /* so many factors apart; 0: as many as they have */
    /* With the sum of the result over the batch, for columns at .. at + count - 1; NULL: not wanted. */
    void (*take_sums)(void *user, size_t at, size_t count, const float *sums);
    void *user;
} product_pack;
void product_pack_part(const product_pack *call, size_t part, size_t parts);

/* ---- products */

/* Where a part rounds the weights that it is about to read: how many values it needs; 0 for floats. */
size_t product_scratch_count(const panel_layout *layout);

/* out[b][across] = leak(bias + left W); leak(z) = z > 0 ? z : slope × z.
 *
 * Where there is an array `partial`, the sum over `along` is cut into two halves that different threads may
 * make, so that each thread keeps to the part of the weights that is its own in the other products as well:
 * to write weights that another core has read is slow on processors whose cores do not share all caches.
 * When all parts are done, the halves are to be joined. */
typedef struct product_outer {
    const panel_layout *layout;
    const float *weights; /* [stored] */
    size_t batch;
    const float *left; /* factors of [batch][along] */
    const float *bias; /* [across], or NULL */
    float slope;       /* 1: no activation */
    float *out;        /* [batch][across] */
    float *partial;    /* [batch][across], or NULL */
    float *scratch;    /* [parts][product_scratch_count], or NULL for floats */
} product_outer;
void product_outer_part(const product_outer *call, size_t part, size_t parts);
void product_outer_join_part(const product_outer *call, size_t part, size_t parts);
/* Whether the sum is long enough to be cut. */
bool product_outer_halves(const panel_layout *layout);

/* out[b][along] = leak(bias + left W^T). */
typedef struct product_inner {
    const panel_layout *layout;
    const float *weights; /* [stored] */
    size_t batch;
    across_states left;
    const float *bias; /* [along], or NULL */
    float slope;       /* 1: no activation */
    float *out;        /* [batch][along] */
    float *scratch;    /* [parts][product_scratch_count], or NULL for floats */
} product_inner;
void product_inner_part(const product_inner *call, size_t part, size_t parts);

/* Adam's update of the weights (Kingma & Ba 2015), bit for bit that of engine/optimizer.c where this neither
 * clips nor decays nor averages; its optimizer_step says what the factors are. */
typedef struct product_adam {
    float *values, *moment1, *moment2; /* [stored] */
    float beta1, beta2, step_size, epsilon;
} product_adam;
/* Whether the kernels make it. */
bool product_has_adam(const product_kernels *kernels);

/* Gradient of W[along][across]: Σ_b along_states[b] × across_states[b].
 *
 * It reads columns of the along states. Where rows lie a multiple of 1 KiB apart, the lines of a column
 * compete for few places of the first cache; a copy by product_pack, `plain` with rows product_spread_row
 * apart, is read faster than it takes to make. */
typedef struct product_weights {
    const panel_layout *layout;
    size_t batch;
    const float *along; /* factors of [batch][along] */
    size_t along_row;   /* from one row to the next; 0: along */
    across_states across;
    /* Gets each tile, `count` values that belong `at` so far into the stored array; the padding is zero. */
    void (*take)(void *user, size_t at, size_t count, const float *gradient);
    void *user;
    const product_adam *adam; /* updates the weights instead of `take`; NULL: none */
    const float *ahead[3];    /* [stored] arrays that `take` will read, NULL: none; fetched ahead */
} product_weights;
/* At least `along`; just that where a copy would not pay. */
size_t product_spread_row(const panel_layout *layout, size_t batch);
void product_weights_part(const product_weights *call, size_t part, size_t parts);

#endif
