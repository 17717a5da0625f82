/* engine/product: outer and inner products cut into tiles. A part of a product is a run of tiles in an order
 * that gives each thread about the same range of `along` in all three products (the third is weights.c's), of
 * the weights as of the states: what a thread writes, the others seldom read. */
#include "engine/product/product.h"

#include "engine/product/kernel.h"
#include "engine/product/pieces.h"

#include <stdint.h>
#include <string.h>

/* Rows of the batch that are taken at once: their states stay in the second cache while weights pass. */
enum { BLOCK_ROWS = 126 };

/* Depth after which sums of outer products go to memory and come back: so much of a panel stays in cache. */
enum { BLOCK_DEPTH = 256 };

/* ---- rows of the batch: blocks of nearly equal groups, each group as high as a tile */

typedef struct row_groups {
    size_t batch;
    size_t blocks;
    size_t groups;                /* of a block */
    size_t begin[BLOCK_ROWS + 1]; /* [groups + 1] of the block entered: first row of each, and the end; kept,
                                   * since a division takes as long as many products */
} row_groups;

/* Leaves `begin` as it is: to clear it would take as long as a small product. */
static void cut_rows(row_groups *rows, size_t batch, size_t most) {
    rows->batch = batch;
    rows->blocks = quotient_up(batch, BLOCK_ROWS);
    rows->groups = quotient_up(quotient_up(batch, rows->blocks), most);
}

static void enter_block(row_groups *rows, size_t block) {
    const size_t begin = begin_of(rows->batch, block, rows->blocks);
    const size_t end = begin_of(rows->batch, block + 1, rows->blocks);
    for (size_t g = 0; g <= rows->groups; g++)
        rows->begin[g] = begin + begin_of(end - begin, g, rows->groups);
}

/* Tiles begin..end - 1 of those of one block. */
typedef struct tile_run {
    size_t begin, end;
} tile_run;

/* The part's share of a block's tiles. With many blocks for each part, a part has blocks of its own, so that
 * the states of its rows stay with its thread; with few it has the same share of every block. */
static tile_run run_of_block(const row_groups *rows, size_t block, size_t tiles, size_t part, size_t parts) {
    if (rows->blocks < 2 * parts)
        return (tile_run){begin_of(tiles, part, parts), begin_of(tiles, part + 1, parts)};
    const size_t behind = block * tiles;
    const size_t begin = begin_of(rows->blocks * tiles, part, parts);
    const size_t end = begin_of(rows->blocks * tiles, part + 1, parts);
    return (tile_run){begin > behind ? smaller(begin - behind, tiles) : 0,
                      end > behind ? smaller(end - behind, tiles) : 0};
}

/* ---- weights rounded as they are read */

size_t product_scratch_count(const panel_layout *layout) {
    const product_kernels *kernels = layout->kernels;
    if (kernels->terms == 1)
        return 0;
    const size_t rows = BLOCK_DEPTH / kernels->terms * panel_width(layout, 0); /* of a panel */
    const across_states pairs = product_packed(layout, PRODUCT_ALONG_ROW, KERNEL_COLUMNS, NULL);
    const size_t panels = smaller(kernels->inner_panels + 1, layout->panels); /* of a range */
    return larger(rows, panels * larger(pairs.panel, KERNEL_COLUMNS * pairs.last_row));
}

static float *scratch_of(const panel_layout *layout, float *scratch, size_t part) {
    return scratch != NULL ? scratch + part * product_scratch_count(layout) : NULL;
}

/* ---- outer products */

/* From this depth on a sum may be cut into halves. */
enum { LEAST_HALVED = 512 };

bool product_outer_halves(const panel_layout *layout) {
    return layout->along >= LEAST_HALVED;
}

/* A tile's place in a product: one of the halves of the depth, a panel, groups of rows of a block. */
typedef struct outer_place {
    float *scratch;    /* of the part */
    size_t begin, end; /* of the depth, in factors */
    bool second;       /* half */
    size_t panel;
    size_t first_group, end_group;
} outer_place;

/* Prepares each of several groups of rows to fetch its share of the `values` that are multiplied next;
 * returns how many bytes that is. A single group needs none: it reads without a pause, which the processor
 * sees for itself. */
static size_t plan_panel_fetches(size_t groups, size_t values, outer_tile *tile) {
    const size_t lines = quotient_up(values, KERNEL_LINE * groups); /* of a group */
    tile->ahead_every = tile->depth > lines ? tile->depth / lines : 1;
    tile->ahead_step = quotient_up(lines * tile->ahead_every, tile->depth) * KERNEL_LINE * sizeof(float);
    return quotient_up(tile->depth, tile->ahead_every) * tile->ahead_step;
}

/* `rows` rows of a panel, `width` columns each, as factors of two rows, in `scratch`. */
static const float *pair_rows(const product_kernels *kernels, const float *panel, size_t width, size_t rows,
                              float *scratch) {
    kernels->pack(&(pack_panel){.batch = rows,
                                .vectors = width / kernels->lanes,
                                .last = kernels->lanes,
                                .values = panel,
                                .row = width,
                                .slope = 1.0f,
                                .out = scratch,
                                .out_row = width,
                                .whole = true,
                                .pair_rows = true});
    return scratch;
}

/* Where the same half of the next panel begins, which is multiplied next; behind the last panel, of this one.
 * What lies behind a half in memory is the other's: to fetch it would take it from the thread that updates
 * it. */
static const float *rows_of_next(const product_outer *call, const outer_place *at) {
    const panel_layout *layout = call->layout;
    const size_t panel = at->panel + 1 < layout->panels ? at->panel + 1 : at->panel;
    const size_t row = at->begin * layout->kernels->terms;
    return call->weights + panel * layout->step + row * panel_width(layout, panel);
}

/* Groups of one panel and the block of rows entered. */
static void outer_panel(const product_outer *call, const row_groups *rows, const outer_place *at) {
    const panel_layout *layout = call->layout;
    const product_kernels *kernels = layout->kernels;
    const size_t width = panel_width(layout, at->panel);
    const size_t vectors = width / kernels->lanes;
    const size_t column = at->panel * layout->width;
    const bool whole = call->partial == NULL;
    const size_t terms = kernels->terms;
    const size_t block = kernel_factors(kernels, BLOCK_DEPTH);
    outer_tile tile = {.left_row = kernel_factors(kernels, layout->along),
                       .panel_row = width,
                       .out_row = layout->across,
                       .ahead_every = SIZE_MAX,
                       .last = panel_columns(layout, at->panel) - (vectors - 1) * kernels->lanes};
    const float *next = rows_of_next(call, at);
    for (size_t k = at->begin; k < at->end; k += tile.depth) {
        tile.depth = smaller(at->end - k, block);
        const size_t deep = smaller(tile.depth * terms, layout->along - k * terms);
        const size_t values = deep * width;
        const float *panel = call->weights + at->panel * layout->step + k * terms * width;
        tile.panel = terms == 1 ? panel : pair_rows(kernels, panel, width, deep, at->scratch);
        tile.slope = whole && k + tile.depth == at->end ? call->slope : 1.0f;
        tile.ahead = (const char *)(k + tile.depth < at->end ? panel + values : next);
        const size_t groups = at->end_group - at->first_group;
        const size_t share = groups > 1 ? plan_panel_fetches(groups, values, &tile) : 0;
        for (size_t g = at->first_group; g < at->end_group; g++) {
            const size_t row = rows->begin[g];
            const size_t height = rows->begin[g + 1] - row;
            tile.left = call->left + row * tile.left_row + k;
            tile.out = (at->second ? call->partial : call->out) + row * layout->across + column;
            tile.start = tile.out;
            tile.start_row = tile.out_row;
            if (k == at->begin) {
                tile.start = whole && call->bias != NULL ? call->bias + column : NULL;
                tile.start_row = 0;
            }
            kernels->outer[height - 1][vectors - 1](&tile);
            tile.ahead += share;
        }
    }
}

void product_outer_part(const product_outer *call, size_t part, size_t parts) {
    const panel_layout *layout = call->layout;
    row_groups rows;
    cut_rows(&rows, call->batch, layout->kernels->rows);
    const size_t depth = kernel_factors(layout->kernels, layout->along);
    const size_t halves = call->partial != NULL ? 2 : 1;
    float *scratch = scratch_of(layout, call->scratch, part);
    const size_t tiles = halves * layout->panels * rows.groups;
    for (size_t block = 0; block < rows.blocks; block++) {
        const tile_run run = run_of_block(&rows, block, tiles, part, parts);
        enter_block(&rows, block);
        for (size_t t = run.begin; t < run.end;) {
            const size_t half = t / rows.groups / layout->panels;
            const size_t group = t % rows.groups;
            const size_t next = smaller(run.end, t - group + rows.groups);
            outer_panel(call, &rows,
                        &(outer_place){.scratch = scratch,
                                       .begin = begin_of(depth, half, halves),
                                       .end = begin_of(depth, half + 1, halves),
                                       .second = half == 1,
                                       .panel = t / rows.groups % layout->panels,
                                       .first_group = group,
                                       .end_group = group + next - t});
            t = next;
        }
    }
}

void product_outer_join_part(const product_outer *call, size_t part, size_t parts) {
    const panel_layout *layout = call->layout;
    const size_t lanes = layout->kernels->lanes;
    const size_t begin = begin_of(layout->panels, part, parts);
    const size_t end = begin_of(layout->panels, part + 1, parts);
    const size_t column = begin * layout->width;
    const size_t columns = smaller(end * layout->width, layout->across) - column;
    const size_t vectors = quotient_up(columns, lanes);
    if (begin == end)
        return;
    layout->kernels->join(&(join_panel){.rows = call->batch,
                                        .vectors = vectors,
                                        .last = columns - (vectors - 1) * lanes,
                                        .other = call->partial + column,
                                        .bias = call->bias != NULL ? call->bias + column : NULL,
                                        .out = call->out + column,
                                        .row = layout->across,
                                        .slope = call->slope});
}

/* ---- inner products */

static float leak(float z, float slope) {
    return z > 0.0f ? z : slope * z;
}

/* What an inner tile leaves to be done: out = leak(bias + out). */
static void finish(const product_inner *call, size_t row, size_t rows, size_t column, size_t columns) {
    if (call->bias == NULL && call->slope == 1.0f)
        return;
    for (size_t r = row; r < row + rows; r++)
        for (size_t c = column; c < column + columns; c++) {
            float *out = call->out + r * call->layout->along + c;
            const float bias = call->bias != NULL ? call->bias[c] : 0.0f;
            *out = leak(*out + bias, call->slope);
        }
}

/* Panels without the last one, where that is narrower. */
static size_t whole_panels(const panel_layout *layout) {
    return layout->panels - (layout->last < layout->width ? 1 : 0);
}

/* Whole panels begin..end - 1 of those that a sum runs over; the narrower one belongs to the last range. */
typedef struct inner_range {
    size_t begin, end;
    bool first, last;
} inner_range;

/* A long sum is cut into ranges, of which one after the other is added up for all of the result: of each, the
 * weights of a few columns stay in the first cache while states pass, and all states in the second one. */
static size_t inner_ranges(const panel_layout *layout) {
    const size_t whole = whole_panels(layout);
    return whole > layout->kernels->inner_panels ? quotient_up(whole, layout->kernels->inner_panels) : 1;
}

static inner_range range_of(const panel_layout *layout, size_t i, size_t ranges) {
    const size_t whole = whole_panels(layout);
    return (inner_range){begin_of(whole, i, ranges), begin_of(whole, i + 1, ranges), i == 0, i + 1 == ranges};
}

/* A tile's place: a range of the sum, columns of the result, groups of rows of a block. */
typedef struct inner_place {
    float *scratch; /* of the part */
    inner_range range;
    size_t column, columns;
    size_t first_group, end_group;
} inner_place;

/* The rows `column` and on of W in the range, as a tile reads them. */
static void read_weights(const product_inner *call, const inner_place *at, inner_tile *tile) {
    const panel_layout *layout = call->layout;
    tile->whole.right = call->weights + at->range.begin * layout->step + at->column * layout->width;
    tile->whole.right_row = layout->width;
    tile->whole.right_panel = layout->step;
    tile->rest.right = call->weights + at->range.end * layout->step + at->column * layout->last;
    tile->rest.right_row = layout->last;
}

/* The same as factors of two columns, in the place's scratch. */
static void pair_columns(const product_inner *call, const inner_place *at, inner_tile *tile) {
    const panel_layout *layout = call->layout;
    const product_kernels *kernels = layout->kernels;
    const across_states pairs = product_packed(layout, PRODUCT_ALONG_ROW, at->columns, at->scratch);
    const size_t end = at->range.last ? layout->panels : at->range.end;
    for (size_t p = at->range.begin; p < end; p++) {
        const size_t width = panel_width(layout, p);
        kernels->pack(&(pack_panel){.batch = at->columns,
                                    .vectors = width / kernels->lanes,
                                    .last = kernels->lanes,
                                    .values = call->weights + p * layout->step + at->column * width,
                                    .row = width,
                                    .slope = 1.0f,
                                    .out = at->scratch + (p - at->range.begin) * pairs.panel,
                                    .out_row = p + 1 < layout->panels ? pairs.row : pairs.last_row,
                                    .whole = true});
    }
    tile->whole.right = at->scratch;
    tile->whole.right_row = pairs.row;
    tile->whole.right_panel = pairs.panel;
    tile->rest.right = at->scratch + tile->panels * pairs.panel;
    tile->rest.right_row = pairs.last_row;
}

/* Some columns of the block of rows entered. */
static void inner_columns(const product_inner *call, const row_groups *rows, const inner_place *at) {
    const panel_layout *layout = call->layout;
    const product_kernels *kernels = layout->kernels;
    const inner_range *range = &at->range;
    const bool narrower = range->last && layout->last < layout->width;
    const size_t values = at->columns * layout->width; /* of a panel */
    const size_t lines = at->column + at->columns < layout->along ? values / KERNEL_LINE : 0;
    const float *next = call->weights + range->begin * layout->step + at->column * layout->width + values;
    inner_tile tile = {
        .panels = range->end - range->begin,
        .whole = {.left_row = call->left.row, .left_panel = call->left.panel},
        .rest_vectors = narrower ? quotient_up(kernel_factors(kernels, layout->last), kernels->lanes) : 0,
        .rest = {.left_row = call->left.last_row},
        .out_row = layout->along,
        .adds = !range->first,
        .ahead_panel = layout->step,
    };
    if (kernels->terms == 1)
        read_weights(call, at, &tile);
    else
        pair_columns(call, at, &tile);
    for (size_t g = at->first_group; g < at->end_group; g++) {
        const size_t row = rows->begin[g];
        const size_t height = rows->begin[g + 1] - row;
        /* each group fetches its share of the next columns' weights */
        const size_t line = begin_of(lines, g, rows->groups);
        tile.ahead = next + line * KERNEL_LINE;
        tile.ahead_lines = begin_of(lines, g + 1, rows->groups) - line;
        tile.whole.left = call->left.values + range->begin * call->left.panel + row * call->left.row;
        tile.rest.left = call->left.values + range->end * call->left.panel + row * call->left.last_row;
        tile.out = call->out + row * layout->along + at->column;
        kernels->inner[height - 1][at->columns == 1](&tile);
        if (range->last)
            finish(call, row, height, at->column, at->columns);
    }
}

/* The part's run of tiles of the block entered, for a range. */
static void inner_run(const product_inner *call, const row_groups *rows, tile_run run, inner_place *at) {
    const size_t fours = call->layout->along / KERNEL_COLUMNS; /* the rest of the columns one by one */
    for (size_t t = run.begin; t < run.end;) {
        const size_t group = t % rows->groups;
        const size_t piece = t / rows->groups;
        const bool four = piece < fours;
        const size_t next = smaller(run.end, t - group + rows->groups);
        at->column = four ? piece * KERNEL_COLUMNS : piece + fours * (KERNEL_COLUMNS - 1);
        at->columns = four ? KERNEL_COLUMNS : 1;
        at->first_group = group;
        at->end_group = group + next - t;
        inner_columns(call, rows, at);
        t = next;
    }
}

void product_inner_part(const product_inner *call, size_t part, size_t parts) {
    const panel_layout *layout = call->layout;
    row_groups rows;
    cut_rows(&rows, call->batch, layout->kernels->inner_rows);
    const size_t pieces = layout->along / KERNEL_COLUMNS + layout->along % KERNEL_COLUMNS;
    const size_t ranges = inner_ranges(layout);
    inner_place at = {.scratch = scratch_of(layout, call->scratch, part)};
    for (size_t block = 0; block < rows.blocks; block++) {
        const tile_run run = run_of_block(&rows, block, pieces * rows.groups, part, parts);
        enter_block(&rows, block);
        for (size_t i = 0; i < ranges; i++) {
            at.range = range_of(layout, i, ranges);
            inner_run(call, &rows, run, &at);
        }
    }
}
