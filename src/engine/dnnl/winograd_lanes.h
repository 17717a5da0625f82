/* engine/dnnl/winograd_lanes: the arithmetic of Winograd's algorithm, for LANES channels side by side in a
 * register. Not a header: winograd_avx2.c and winograd_avx512.c include it, each compiled for its instruction
 * set, with how many rows of sums fit into the registers.
 *
 * The six points are 0, ±A, ±B and infinity with A = √½ and B = √2, which lose less to rounding than the
 * usual 0, ±1, ±2. With a polynomial's value at each as a column, the transforms are, for one dimension,
 *   filters    u_p = (g0 + p g1 + p² g2) / Π over the other finite points q of (p - q),       u_∞ = g2
 *   input      v_p = Σ_i d_i × coefficient i of Π over the other finite points q of (x - q),  v_∞ that of all
 *   output     y_i = Σ_p p^i m_p, and y_3 += m_∞
 * and applied to columns, then to rows, in two. */
#include "engine/dnnl/winograd.h"

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), may_alias));
typedef int lane_bits __attribute__((vector_size(LANES * sizeof(int))));

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define EACH(i, count) _Pragma("unroll") for (size_t i = 0; (i) < (count); (i)++)
#else /* unrolled, so that no index is left and arrays become registers */
#define EACH(i, count) _Pragma("GCC unroll 16") for (size_t i = 0; (i) < (count); (i)++)
#endif

enum {
    TILE = WINOGRAD_TILE,
    SIDE = WINOGRAD_SIDE,
    FILTER = WINOGRAD_FILTER,
    TOGETHER = WINOGRAD_TOGETHER,
    TAPS = FILTER * FILTER,
    FILTER_VALUES = TAPS * LANES * LANES, /* of a pair of blocks */
    TILE_VALUES = TILE * LANES,
    MOST_ROWS = 12,
    LINE = 16 /* values of a line of the cache */
};

INLINE lanes load(const float *from) {
    return *(const lanes *)from;
}

INLINE void store(float *to, lanes value) {
    *(lanes *)to = value;
}

static const float A = 0.70710678118654752F, AA = 0.5F, AAA = 0.35355339059327376F;
static const float B = 1.41421356237309505F, BB = 2.0F, BBB = 2.82842712474619010F;
static const float BOTH = 2.5F;                              /* A² + B², while A² B² = 1 */
static const float OVER_A = -1.0F / 1.5F, OVER_B = 1.0F / 6; /* 1 / Π (p - q) for ±A, ±B */

/* ---- one dimension */

INLINE void input_at_points(const lanes d[SIDE], lanes v[SIDE]) {
    const lanes even_a = d[4] - BB * d[2], odd_a = A * (d[3] - BB * d[1]);
    const lanes even_b = d[4] - AA * d[2], odd_b = B * (d[3] - AA * d[1]);
    v[0] = d[0] + (d[4] - BOTH * d[2]);
    v[1] = even_a + odd_a;
    v[2] = even_a - odd_a;
    v[3] = even_b + odd_b;
    v[4] = even_b - odd_b;
    v[5] = d[1] + (d[5] - BOTH * d[3]);
}

INLINE void filter_at_points(const lanes g[FILTER], lanes u[SIDE]) {
    const lanes even_a = OVER_A * (g[0] + AA * g[2]), odd_a = OVER_A * A * g[1];
    const lanes even_b = OVER_B * (g[0] + BB * g[2]), odd_b = OVER_B * B * g[1];
    u[0] = g[0];
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
}

INLINE void output_from_points(const lanes m[SIDE], lanes y[TILE]) {
    const lanes sum_a = m[1] + m[2], difference_a = m[1] - m[2];
    const lanes sum_b = m[3] + m[4], difference_b = m[3] - m[4];
    y[0] = m[0] + sum_a + sum_b;
    y[1] = A * difference_a + B * difference_b;
    y[2] = AA * sum_a + BB * sum_b;
    y[3] = AAA * difference_a + (BBB * difference_b + m[5]);
}

/* The transposes of the last two: gradients go the other way. */
INLINE void arrived_at_points(const lanes y[TILE], lanes m[SIDE]) {
    const lanes even_a = y[0] + AA * y[2], odd_a = A * (y[1] + AA * y[3]);
    const lanes even_b = y[0] + BB * y[2], odd_b = B * (y[1] + BB * y[3]);
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
}

INLINE void filter_from_points(const lanes u[SIDE], lanes g[FILTER]) {
    const lanes sum_a = OVER_A * (u[1] + u[2]), difference_a = OVER_A * (u[1] - u[2]);
    const lanes sum_b = OVER_B * (u[3] + u[4]), difference_b = OVER_B * (u[3] - u[4]);
    g[0] = u[0] + (sum_a + sum_b);
    g[1] = A * difference_a + B * difference_b;
    g[2] = AA * sum_a + (BB * sum_b + u[5]);
}

/* ---- filters */

/* Where the values at position 0 of a pair of blocks begin, and the step from one input channel to the next.
 */
INLINE float *filters_of_pair(const winograd_work *w, size_t out, size_t in, size_t *step) {
    const size_t first = out / TOGETHER * TOGETHER;
    const size_t together = first + 1 < w->out.blocks ? TOGETHER : 1;
    *step = together * LANES;
    return w->at_filters + (first * w->in.blocks + in * together) * LANES * LANES + (out - first) * LANES;
}

/* from: [3][3][channel][filter]. */
static void transform_pair(const winograd_work *w, const float *from, size_t out, size_t in) {
    size_t step = 0;
    float *to = filters_of_pair(w, out, in, &step);
    for (size_t i = 0; i < LANES; i++, to += step) {
        lanes half[SIDE][FILTER];
        EACH (k, FILTER) {
            lanes g[FILTER], u[SIDE];
            EACH (j, FILTER)
                g[j] = load(from + ((FILTER * j + k) * LANES + i) * LANES);
            filter_at_points(g, u);
            EACH (j, SIDE)
                half[j][k] = u[j];
        }
        EACH (j, SIDE) {
            lanes u[SIDE];
            filter_at_points(half[j], u);
            EACH (k, SIDE)
                store(to + (SIDE * j + k) * w->filters_stride, u[k]);
        }
    }
}

/* By 180 degrees, with channel and filter exchanged. */
static void turn(const float *from, float *to) {
    for (size_t k = 0; k < TAPS; k++)
        for (size_t i = 0; i < LANES; i++)
            for (size_t o = 0; o < LANES; o++)
                to[((TAPS - 1 - k) * LANES + o) * LANES + i] = from[(k * LANES + i) * LANES + o];
}

static void transform_filters(const winograd_work *w, size_t first_pair, size_t end_pair) {
    float turned[FILTER_VALUES] __attribute__((aligned(LANES * sizeof(float))));
    for (size_t pair = first_pair; pair < end_pair; pair++) {
        const size_t out = pair / w->in.blocks;
        const size_t in = pair % w->in.blocks;
        const float *from = w->filters + pair * FILTER_VALUES;
        if (w->turned) {
            turn(w->filters + (in * w->out.blocks + out) * FILTER_VALUES, turned);
            from = turned;
        }
        transform_pair(w, from, out, in);
    }
}

/* to: [3][3][channel][filter]. */
static void finish_pair(const winograd_work *w, size_t out, size_t in, float *to) {
    size_t step = 0;
    const float *from = filters_of_pair(w, out, in, &step);
    for (size_t i = 0; i < LANES; i++, from += step) {
        lanes half[FILTER][SIDE];
        EACH (k, SIDE) {
            lanes u[SIDE], g[FILTER];
            EACH (j, SIDE)
                u[j] = load(from + (SIDE * j + k) * w->filters_stride);
            filter_from_points(u, g);
            EACH (j, FILTER)
                half[j][k] = g[j];
        }
        EACH (j, FILTER) {
            lanes g[FILTER];
            filter_from_points(half[j], g);
            EACH (k, FILTER)
                store(to + ((FILTER * j + k) * LANES + i) * LANES, g[k]);
        }
    }
}

static void finish_filters(const winograd_work *w, size_t first_pair, size_t end_pair) {
    for (size_t pair = first_pair; pair < end_pair; pair++)
        finish_pair(w, pair / w->in.blocks, pair % w->in.blocks, w->filter_gradient + pair * FILTER_VALUES);
}

/* ---- states: a strip is transformed by columns, each once, then tile by tile by rows */

/* What is transformed: windows of SIDE rows and columns of the input, or of TILE of the output's gradient. */
typedef struct states {
    const winograd_images *images;
    const float *from;
    size_t top, left; /* zeros before the image */
    float *to;        /* [36][blocks][capacity][LANES] */
    size_t stride;
} states;

INLINE void at_points(size_t window, const lanes *d, lanes v[SIDE]) {
    if (window == SIDE)
        input_at_points(d, v);
    else
        arrived_at_points(d, v);
}

/* Rows of a channel block of an image from row `first` on; beyond the image they are zeros. */
INLINE void find_rows(size_t window, const winograd_work *w, const states *s, const float *block,
                      size_t first, const lanes **rows) {
    EACH (r, window) { /* a row above the image wraps around to a large number */
        const size_t y = first + r;
        rows[r] = (const lanes *)(y < s->images->height ? block + y * s->images->width * LANES : w->zeros);
    }
}

INLINE void transform_strip(size_t window, const winograd_work *w, const states *s, const lanes **rows,
                            float *to) {
    const size_t width = s->images->width;
    const size_t length = TILE * w->tiles + window - TILE;
    lanes *columns = (lanes *)w->columns;
    for (size_t x = 0; x < width; x++) {
        lanes d[SIDE], v[SIDE];
        EACH (r, window)
            d[r] = rows[r][x];
        EACH (r, TILE) /* the next strip's rows */
            __builtin_prefetch(rows[window - TILE + r] + x + TILE * width);
        at_points(window, d, v);
        EACH (r, SIDE)
            columns[r * length + s->left + x] = v[r];
    }
    for (size_t r = 0; r < SIDE; r++)
        for (size_t t = 0; t < w->tiles; t++) {
            lanes v[SIDE];
            at_points(window, columns + r * length + TILE * t, v);
            EACH (k, SIDE)
                store(to + (SIDE * r + k) * s->stride + t * LANES, v[k]);
        }
}

INLINE void clear_borders(size_t window, const winograd_work *w, const states *s) {
    const size_t length = TILE * w->tiles + window - TILE;
    lanes *columns = (lanes *)w->columns;
    for (size_t r = 0; r < SIDE; r++)
        for (size_t x = 0; x < length; x++)
            if (x < s->left || x >= s->left + s->images->width)
                columns[r * length + x] = (lanes){0};
}

INLINE void transform_strips(size_t window, const winograd_work *w, const states *s, size_t at,
                             size_t first_strip, size_t count) {
    clear_borders(window, w, s);
    for (size_t block = 0; block < s->images->blocks; block++)
        for (size_t i = 0; i < count; i++) {
            const size_t image = (first_strip + i) / w->strips;
            const size_t top = TILE * ((first_strip + i) % w->strips) - s->top;
            const lanes *rows[SIDE];
            find_rows(window, w, s,
                      s->from +
                          (image * s->images->blocks + block) * s->images->height * s->images->width * LANES,
                      top, rows);
            transform_strip(window, w, s, rows, s->to + (block * w->capacity + (at + i) * w->tiles) * LANES);
        }
}

static void transform_input(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    const states s = {.images = &w->in,
                      .from = w->input,
                      .top = w->top,
                      .left = w->left,
                      .to = w->at_states,
                      .stride = w->states_stride};
    transform_strips(SIDE, w, &s, at, first_strip, count);
}

static void transform_arrived(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    const states s = {
        .images = &w->out, .from = w->arrived, .to = w->at_products, .stride = w->products_stride};
    transform_strips(TILE, w, &s, at, first_strip, count);
}

/* ---- products: rows × together sums stay in registers while the channels go by */

INLINE void multiply_rows(size_t rows, size_t together, const winograd_work *w, const float *at_states,
                          const float *filters, float *products) {
    lanes sums[MOST_ROWS][TOGETHER];
    EACH (r, rows)
        EACH (o, together)
            sums[r][o] = (lanes){0};
    for (size_t block = 0; block < w->in.blocks; block++, at_states += w->capacity * LANES)
        for (size_t i = 0; i < LANES; i++, filters += together * LANES) {
            lanes f[TOGETHER];
            EACH (o, together)
                f[o] = load(filters + o * LANES);
            EACH (r, rows)
                EACH (o, together)
                    sums[r][o] += at_states[r * LANES + i] * f[o];
        }
    EACH (r, rows)
        EACH (o, together)
            store(products + (o * w->capacity + r) * LANES, sums[r][o]);
}

/* Rows beyond the last tile, up to a multiple of `rows` / 3, are computed and never read. */
INLINE void multiply_tiles(size_t rows, size_t together, const winograd_work *w, size_t tiles,
                           const float *at_states, const float *filters, float *products) {
    size_t t = 0;
    for (; t + rows <= tiles; t += rows)
        multiply_rows(rows, together, w, at_states + t * LANES, filters, products + t * LANES);
    if (tiles - t > rows / 3 * 2)
        multiply_rows(rows, together, w, at_states + t * LANES, filters, products + t * LANES);
    else if (tiles - t > rows / 3)
        multiply_rows(rows / 3 * 2, together, w, at_states + t * LANES, filters, products + t * LANES);
    else if (tiles > t)
        multiply_rows(rows / 3, together, w, at_states + t * LANES, filters, products + t * LANES);
}

/* Arrays at one position for one group of outputs. */
typedef struct item {
    size_t together;
    const float *at_states;
    float *products, *filters;
} item;

INLINE item find_item(const winograd_work *w, size_t index) {
    const size_t groups = (w->out.blocks + TOGETHER - 1) / TOGETHER;
    const size_t position = index / groups;
    const size_t out = index % groups * TOGETHER;
    return (item){.together = out + 1 < w->out.blocks ? TOGETHER : 1,
                  .at_states = w->at_states + position * w->states_stride,
                  .products = w->at_products + position * w->products_stride + out * w->capacity * LANES,
                  .filters =
                      w->at_filters + position * w->filters_stride + out * w->in.blocks * LANES * LANES};
}

static void multiply(const winograd_work *w, size_t tiles, size_t first_item, size_t end_item) {
    for (size_t index = first_item; index < end_item; index++) {
        const item it = find_item(w, index);
        if (it.together == TOGETHER)
            multiply_tiles(ROWS_TOGETHER, TOGETHER, w, tiles, it.at_states, it.filters, it.products);
        else
            multiply_tiles(ROWS_SINGLE, 1, w, tiles, it.at_states, it.filters, it.products);
    }
}

/* filters[rows channels][together × LANES] (+)= Σ over tiles of states × products. */
INLINE void accumulate_rows(size_t rows, size_t together, const winograd_work *w, size_t tiles, bool first,
                            const float *at_states, const float *products, float *filters) {
    const lanes zero = {0};
    lanes sums[MOST_ROWS][TOGETHER];
    EACH (r, rows)
        EACH (o, together)
            sums[r][o] = first ? zero : load(filters + (r * together + o) * LANES);
    for (size_t t = 0; t < tiles; t++, at_states += LANES, products += LANES) {
        lanes p[TOGETHER];
        EACH (o, together)
            p[o] = load(products + o * w->capacity * LANES);
        EACH (r, rows)
            EACH (o, together)
                sums[r][o] += at_states[r] * p[o];
    }
    EACH (r, rows)
        EACH (o, together)
            store(filters + (r * together + o) * LANES, sums[r][o]);
}

INLINE void accumulate_channels(size_t rows, size_t together, const winograd_work *w, size_t tiles,
                                bool first, const item *it) {
    for (size_t c = 0; c < w->in.blocks * LANES; c += rows)
        accumulate_rows(rows, together, w, tiles, first,
                        it->at_states + c / LANES * w->capacity * LANES + c % LANES, it->products,
                        it->filters + c * together * LANES);
}

static void accumulate(const winograd_work *w, size_t tiles, bool first, size_t first_item, size_t end_item) {
    for (size_t index = first_item; index < end_item; index++) {
        const item it = find_item(w, index);
        if (it.together == TOGETHER)
            accumulate_channels(SUMS_TOGETHER, TOGETHER, w, tiles, first, &it);
        else
            accumulate_channels(SUMS_SINGLE, 1, w, tiles, first, &it);
    }
}

/* ---- outputs */

/* What becomes of an output; in channels beyond the last one it stays zero. */
typedef struct finish {
    lanes scale, shift;
} finish;

INLINE finish find_finish(const winograd_work *w, size_t block) {
    finish f = {.scale = {0}, .shift = {0}};
    for (size_t i = 0; i < LANES; i++) {
        const size_t channel = block * LANES + i;
        f.scale[i] = w->scale != NULL && channel < w->out.channels ? w->scale[channel] : 1.0F;
        f.shift[i] = w->shift != NULL && channel < w->out.channels ? w->shift[channel] : 0.0F;
    }
    return f;
}

INLINE void columns_from_points(const winograd_work *w, const float *from, lanes half[TILE][SIDE]) {
    EACH (k, SIDE) {
        lanes m[SIDE], y[TILE];
        EACH (r, SIDE)
            m[r] = load(from + (SIDE * r + k) * w->products_stride);
        output_from_points(m, y);
        EACH (r, TILE)
            half[r][k] = y[r];
    }
}

/* height, width: of the tile that lie in the image. */
INLINE void output_tile(const winograd_work *w, const float *from, const finish *f, size_t at, size_t height,
                        size_t width) {
    lanes half[TILE][SIDE];
    EACH (r, TILE)
        EACH (x, TILE_VALUES / LINE) /* the next tile's lines */
            __builtin_prefetch(w->output + at + (r * w->out.width + TILE) * LANES + x * LINE, 1);
    columns_from_points(w, from, half);
    EACH (r, TILE) {
        lanes y[TILE];
        output_from_points(half[r], y);
        EACH (x, TILE) {
            if (r >= height || x >= width)
                continue;
            const size_t place = at + (r * w->out.width + x) * LANES;
            lanes value = f->scale * y[x] + f->shift;
            if (w->addend != NULL)
                value += load(w->addend + place);
            if (w->relu)
                value = (lanes)((lane_bits)value & (value > 0.0F));
            store(w->output + place, value);
        }
    }
}

static void transform_output(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    for (size_t block = 0; block < w->out.blocks; block++) {
        const finish f = find_finish(w, block);
        for (size_t s = 0; s < count; s++) {
            const size_t image = (first_strip + s) / w->strips;
            const size_t top = TILE * ((first_strip + s) % w->strips);
            const size_t height = w->out.height - top < TILE ? w->out.height - top : TILE;
            const float *from = w->at_products + (block * w->capacity + (at + s) * w->tiles) * LANES;
            const size_t row = ((image * w->out.blocks + block) * w->out.height + top) * w->out.width;
            for (size_t t = 0; t < w->tiles; t++, from += LANES) {
                const size_t width = w->out.width - TILE * t;
                if (height == TILE && width >= TILE)
                    output_tile(w, from, &f, (row + TILE * t) * LANES, TILE, TILE);
                else
                    output_tile(w, from, &f, (row + TILE * t) * LANES, height, width);
            }
        }
    }
}

const winograd_kernels LANES_KERNELS = {.lanes = LANES,
                                        .transform_filters = transform_filters,
                                        .transform_input = transform_input,
                                        .multiply = multiply,
                                        .transform_output = transform_output,
                                        .transform_arrived = transform_arrived,
                                        .accumulate = accumulate,
                                        .finish_filters = finish_filters};
