/* engine/dnnl/winograd_lanes: the arithmetic of Winograd's algorithm, for LANES channels side by side in a
 * register. Not a header: winograd_avx2.c, winograd_avx512.c and winograd_bf16.c include it, each compiled
 * for its instruction set, with how many rows of sums fit into the registers. With STATES_BF16 states become
 * floats when they are loaded, and bf16 when they are stored; all between is float. The transforms of
 * winograd_points.h are applied to columns, then to rows, in two dimensions. */
#include "engine/dnnl/winograd.h"

#include <stdint.h>

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
    MOST_ROWS = 12,
    LINE = 16 /* values of a line of the cache */
};

INLINE lanes load(const float *from) {
    return *(const lanes *)from;
}

INLINE void store(float *to, lanes value) {
    *(lanes *)to = value;
}

/* States: floats, or bf16 that are rounded as tensor/bf16.h does it. */
#if STATES_BF16
typedef uint16_t state_value;
typedef uint16_t state_lanes __attribute__((vector_size(LANES * sizeof(uint16_t)), may_alias, aligned(2)));
typedef uint32_t unsigned_bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

INLINE lanes load_states(const state_value *from) {
    return (lanes)(__builtin_convertvector(*(const state_lanes *)from, unsigned_bits) << 16);
}

INLINE void store_states(state_value *to, lanes values) {
    const unsigned_bits bits = (unsigned_bits)values;
    const unsigned_bits number = (unsigned_bits)(values == values);
    const unsigned_bits rounded = bits + 0x7fff + (bits >> 16 & 1);
    const unsigned_bits chosen = (number & rounded) | (~number & (bits | 0x400000));
    *(state_lanes *)to = __builtin_convertvector(chosen >> 16, state_lanes);
}
#else
typedef float state_value;

INLINE lanes load_states(const state_value *from) {
    return load(from);
}

INLINE void store_states(state_value *to, lanes values) {
    store(to, values);
}
#endif

#include "engine/dnnl/winograd_points.h"

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
INLINE void transform_pair(size_t stride, const winograd_work *w, const float *from, size_t out, size_t in) {
    size_t step = 0;
    float *to = filters_of_pair(w, out, in, &step);
    for (size_t i = 0; i < LANES; i++, to += step) {
        lanes half[SIDE][FILTER];
        EACH (k, FILTER) {
            lanes g[FILTER], u[SIDE];
            EACH (j, FILTER)
                g[j] = load(from + ((FILTER * j + k) * LANES + i) * LANES);
            filter_at_points(stride, g, u);
            EACH (j, SIDE)
                half[j][k] = u[j];
        }
        EACH (j, SIDE) {
            lanes u[SIDE];
            filter_at_points(stride, half[j], u);
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
        if (w->stride == 1)
            transform_pair(1, w, from, out, in);
        else
            transform_pair(2, w, from, out, in);
    }
}

/* to: [3][3][channel][filter]. */
INLINE void finish_pair(size_t stride, const winograd_work *w, size_t out, size_t in, float *to) {
    size_t step = 0;
    const float *from = filters_of_pair(w, out, in, &step);
    for (size_t i = 0; i < LANES; i++, from += step) {
        lanes half[FILTER][SIDE];
        EACH (k, SIDE) {
            lanes u[SIDE], g[FILTER];
            EACH (j, SIDE)
                u[j] = load(from + (SIDE * j + k) * w->filters_stride);
            filter_from_points(stride, u, g);
            EACH (j, FILTER)
                half[j][k] = g[j];
        }
        EACH (j, FILTER) {
            lanes g[FILTER];
            filter_from_points(stride, half[j], g);
            EACH (k, FILTER)
                store(to + ((FILTER * j + k) * LANES + i) * LANES, g[k]);
        }
    }
}

static void finish_filters(const winograd_work *w, size_t first_pair, size_t end_pair) {
    for (size_t pair = first_pair; pair < end_pair; pair++) {
        float *to = w->filter_gradient + pair * FILTER_VALUES;
        if (w->stride == 1)
            finish_pair(1, w, pair / w->in.blocks, pair % w->in.blocks, to);
        else
            finish_pair(2, w, pair / w->in.blocks, pair % w->in.blocks, to);
    }
}

/* ---- states: a strip is transformed by columns, each once, then tile by tile by rows */

/* What is transformed, and into what. */
typedef struct states {
    const winograd_images *images;
    const state_value *from;
    size_t top, left; /* zeros before the image */
    float *to;        /* [terms²][blocks][capacity][LANES] */
    size_t stride;
} states;

/* Rows of a channel block of an image from row `first` on; beyond the image they are zeros. */
INLINE void find_rows(windows kind, const winograd_work *w, const states *s, const state_value *block,
                      size_t first, const state_value **rows) {
    EACH (r, window_of(kind)) { /* a row above the image wraps around to a large number */
        const size_t y = first + r;
        rows[r] = y < s->images->height ? block + y * s->images->width * LANES
                                        : (const state_value *)(const void *)w->zeros;
    }
}

INLINE size_t length_of(windows kind, const winograd_work *w) {
    return advance_of(kind) * w->tiles + window_of(kind) - advance_of(kind);
}

INLINE void transform_strip(windows kind, const winograd_work *w, const states *s, const state_value **rows,
                            float *to) {
    const size_t width = s->images->width;
    const size_t length = length_of(kind, w);
    lanes *columns = (lanes *)w->columns;
    for (size_t x = 0; x < width; x++) {
        lanes d[MOST_WINDOW], v[MOST_TERMS];
        EACH (r, window_of(kind))
            d[r] = load_states(rows[r] + x * LANES);
        EACH (r, advance_of(kind)) /* the next strip's rows */
            __builtin_prefetch(rows[window_of(kind) - advance_of(kind) + r] +
                               (x + advance_of(kind) * width) * LANES);
        at_points(kind, d, v);
        EACH (r, terms_of(kind))
            columns[r * length + s->left + x] = v[r];
    }
    for (size_t r = 0; r < terms_of(kind); r++)
        for (size_t t = 0; t < w->tiles; t++) {
            lanes v[MOST_TERMS];
            at_points(kind, columns + r * length + advance_of(kind) * t, v);
            EACH (k, terms_of(kind))
                store(to + (terms_of(kind) * r + k) * s->stride + t * LANES, v[k]);
        }
}

INLINE void clear_borders(windows kind, const winograd_work *w, const states *s) {
    const size_t length = length_of(kind, w);
    lanes *columns = (lanes *)w->columns;
    for (size_t r = 0; r < terms_of(kind); r++)
        for (size_t x = 0; x < length; x++)
            if (x < s->left || x >= s->left + s->images->width)
                columns[r * length + x] = (lanes){0};
}

INLINE void transform_strips(windows kind, const winograd_work *w, const states *s, size_t at,
                             size_t first_strip, size_t count) {
    clear_borders(kind, w, s);
    for (size_t block = 0; block < s->images->blocks; block++)
        for (size_t i = 0; i < count; i++) {
            const size_t image = (first_strip + i) / w->strips;
            const size_t top = advance_of(kind) * ((first_strip + i) % w->strips) - s->top;
            const state_value *rows[MOST_WINDOW];
            find_rows(kind, w, s,
                      s->from +
                          (image * s->images->blocks + block) * s->images->height * s->images->width * LANES,
                      top, rows);
            transform_strip(kind, w, s, rows, s->to + (block * w->capacity + (at + i) * w->tiles) * LANES);
        }
}

static void transform_input(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    const states s = {.images = &w->in,
                      .from = (const state_value *)(const void *)w->input,
                      .top = w->top,
                      .left = w->left,
                      .to = w->at_states,
                      .stride = w->states_stride};
    if (w->stride == 1)
        transform_strips(OF_INPUT, w, &s, at, first_strip, count);
    else if (!w->turned)
        transform_strips(OF_STRIDED_INPUT, w, &s, at, first_strip, count);
    else
        transform_strips(OF_STRIDED_GRADIENT, w, &s, at, first_strip, count);
}

static void transform_arrived(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    const states s = {.images = &w->out,
                      .from = (const state_value *)(const void *)w->arrived,
                      .to = w->at_products,
                      .stride = w->products_stride};
    if (w->stride == 1)
        transform_strips(OF_ARRIVED, w, &s, at, first_strip, count);
    else
        transform_strips(OF_STRIDED_ARRIVED, w, &s, at, first_strip, count);
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

/* Arrays of one term for one group of outputs. */
typedef struct item {
    size_t together;
    const float *at_states;
    float *products, *filters;
} item;

INLINE item find_item(const winograd_work *w, size_t term, size_t position, size_t group) {
    const size_t out = group * TOGETHER;
    return (item){.together = out + 1 < w->out.blocks ? TOGETHER : 1,
                  .at_states = w->at_states + term * w->states_stride,
                  .products = w->at_products + term * w->products_stride + out * w->capacity * LANES,
                  .filters =
                      w->at_filters + position * w->filters_stride + out * w->in.blocks * LANES * LANES};
}

INLINE size_t groups_of_outputs(const winograd_work *w) {
    return (w->out.blocks + TOGETHER - 1) / TOGETHER;
}

/* The position of the filters of a term, in one dimension. */
INLINE size_t position_of(const winograd_work *w, size_t term) {
    return w->stride == 1 ? term : term < TILE ? 0 : term - (TILE - 1);
}

static void multiply(const winograd_work *w, size_t tiles, size_t first_item, size_t end_item) {
    const size_t groups = groups_of_outputs(w);
    for (size_t index = first_item; index < end_item; index++) {
        const size_t term = index / groups;
        const size_t position = SIDE * position_of(w, term / w->terms) + position_of(w, term % w->terms);
        const item it = find_item(w, term, position, index % groups);
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

/* The terms that share the filters of a position, in one dimension. */
INLINE size_t first_term(const winograd_work *w, size_t position) {
    return w->stride == 1 || position == 0 ? position : position + (TILE - 1);
}

static void accumulate(const winograd_work *w, size_t tiles, bool first, size_t first_item, size_t end_item) {
    const size_t groups = groups_of_outputs(w);
    for (size_t index = first_item; index < end_item; index++) {
        const size_t position = index / groups;
        const size_t row = first_term(w, position / SIDE), column = first_term(w, position % SIDE);
        const size_t rows = winograd_terms_at(w, position / SIDE);
        const size_t columns = winograd_terms_at(w, position % SIDE);
        for (size_t i = 0; i < rows * columns; i++) {
            const size_t term = w->terms * (row + i / columns) + column + i % columns;
            const item it = find_item(w, term, position, index % groups);
            if (it.together == TOGETHER)
                accumulate_channels(SUMS_TOGETHER, TOGETHER, w, tiles, first && i == 0, &it);
            else
                accumulate_channels(SUMS_SINGLE, 1, w, tiles, first && i == 0, &it);
        }
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

INLINE void columns_from_points(outputs kind, const winograd_work *w, const float *from,
                                lanes half[MOST_TILE][MOST_TERMS]) {
    EACH (k, terms_behind(kind)) {
        lanes m[MOST_TERMS], y[MOST_TILE];
        EACH (r, terms_behind(kind))
            m[r] = load(from + (terms_behind(kind) * r + k) * w->products_stride);
        from_points(kind, m, y);
        EACH (r, tile_of(kind))
            half[r][k] = y[r];
    }
}

/* height, width: of the tile that lie in the image. */
INLINE void output_tile(outputs kind, const winograd_work *w, const float *from, const finish *f, size_t at,
                        size_t height, size_t width) {
    lanes half[MOST_TILE][MOST_TERMS];
    const state_value *addend = (const state_value *)(const void *)w->addend;
    state_value *output = (state_value *)(void *)w->output;
    EACH (r, tile_of(kind))
        EACH (x, tile_of(kind) * LANES / LINE) /* the next tile's lines */
            __builtin_prefetch(output + at + (r * w->out.width + tile_of(kind)) * LANES + x * LINE, 1);
    columns_from_points(kind, w, from, half);
    EACH (r, tile_of(kind)) {
        lanes y[MOST_TILE];
        from_points(kind, half[r], y);
        EACH (x, tile_of(kind)) {
            if (r >= height || x >= width)
                continue;
            const size_t place = at + (r * w->out.width + x) * LANES;
            lanes value = f->scale * y[x] + f->shift;
            if (addend != NULL)
                value += load_states(addend + place);
            if (w->relu)
                value = (lanes)((lane_bits)value & (value > 0.0F));
            store_states(output + place, value);
        }
    }
}

INLINE void output_strips(outputs kind, const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    const size_t tile = tile_of(kind);
    for (size_t block = 0; block < w->out.blocks; block++) {
        const finish f = find_finish(w, block);
        for (size_t s = 0; s < count; s++) {
            const size_t image = (first_strip + s) / w->strips;
            const size_t top = tile * ((first_strip + s) % w->strips);
            const size_t height = w->out.height - top < tile ? w->out.height - top : tile;
            const float *from = w->at_products + (block * w->capacity + (at + s) * w->tiles) * LANES;
            const size_t row = ((image * w->out.blocks + block) * w->out.height + top) * w->out.width;
            for (size_t t = 0; t < w->tiles; t++, from += LANES) {
                const size_t width = w->out.width - tile * t;
                if (height == tile && width >= tile)
                    output_tile(kind, w, from, &f, (row + tile * t) * LANES, tile, tile);
                else
                    output_tile(kind, w, from, &f, (row + tile * t) * LANES, height, width);
            }
        }
    }
}

static void transform_output(const winograd_work *w, size_t at, size_t first_strip, size_t count) {
    if (w->stride == 1)
        output_strips(TO_OUTPUT, w, at, first_strip, count);
    else if (!w->turned)
        output_strips(TO_STRIDED_OUTPUT, w, at, first_strip, count);
    else
        output_strips(TO_STRIDED_GRADIENT, w, at, first_strip, count);
}

const winograd_kernels LANES_KERNELS = {.lanes = LANES,
                                        .bf16 = STATES_BF16,
                                        .transform_filters = transform_filters,
                                        .transform_input = transform_input,
                                        .multiply = multiply,
                                        .transform_output = transform_output,
                                        .transform_arrived = transform_arrived,
                                        .accumulate = accumulate,
                                        .finish_filters = finish_filters};
