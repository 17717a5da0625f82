/* engine/product/weights: the gradient of the weights, cut into tiles in the order of their layout. Each goes
 * to the caller's `take`, or is used up by Adam's update while the next one is summed.
 *
 * A newcomer's mistake: to fetch what lies behind a part's rows. It is another thread's, which would have to
 * ask for it again. */
#include "engine/product/kernel.h"
#include "engine/product/pieces.h"
#include "engine/product/product.h"

/* Rows a multiple of so many values apart share at most a quarter of the sets of a way of 4 KiB. */
enum { SPREAD_UNIT = 256 };

size_t product_spread_row(const panel_layout *layout, size_t batch) {
    const bool competes = layout->along % SPREAD_UNIT == 0 && layout->across >= SPREAD_UNIT;
    /* the wider the panel, the more arithmetic hides the waiting, until the batch is larger, too */
    return competes && batch >= layout->width ? layout->along + KERNEL_LINE : layout->along;
}

/* ---- the tiles of a part */

/* Values of a tile that `take` gets: enough to be worth a call, few enough for the first cache. */
enum { TAKEN = 512 };

typedef struct weights_part {
    const product_weights *call;
    size_t rows; /* of a tile: groups as high as a kernel's; the last of a panel may have fewer */
    /* Tiles, numbered with the panel innermost: one range of `along`, made panel by panel. */
    size_t first, last;
} weights_part;

static weights_part part_of(const product_weights *call, size_t part, size_t parts) {
    const panel_layout *layout = call->layout;
    const size_t height = layout->kernels->rows;
    const size_t rows = TAKEN / (height * panel_width(layout, 0)) * height;
    const size_t tiles = quotient_up(layout->along, rows) * layout->panels;
    return (weights_part){.call = call,
                          .rows = rows,
                          .first = begin_of(tiles, part, parts),
                          .last = begin_of(tiles, part + 1, parts)};
}

/* Rows begin..end - 1 of a panel. */
typedef struct row_range {
    size_t begin, end;
} row_range;

static row_range rows_of_panel(const weights_part *part, size_t panel) {
    const size_t panels = part->call->layout->panels;
    const size_t begin = part->rows * (quotient_up(part->first + panels - panel, panels) - 1);
    const size_t end = part->rows * (quotient_up(part->last + panels - panel, panels) - 1);
    return (row_range){begin, smaller(end, part->call->layout->along)};
}

static gradient_tile tile_of_panel(const product_weights *call, size_t panel) {
    const panel_layout *layout = call->layout;
    return (gradient_tile){.depth = kernel_factors(layout->kernels, call->batch),
                           .left_depth = call->along_row > 0 ? call->along_row : layout->along,
                           .panel = call->across.values + panel * call->across.panel,
                           .panel_row =
                               panel + 1 == layout->panels ? call->across.last_row : call->across.row,
                           .ahead_every = 1};
}

/* ---- tiles for `take` */

/* Prepares a group's fetching of what `take` will read of the next tile: evenly over the depth, no line much
 * more than once, as each fetch takes a load's place. */
static void plan_fetches(size_t values, gradient_tile *tile) {
    const size_t lines = quotient_up(values, KERNEL_LINE);
    tile->ahead_every = 1;
    tile->ahead_lines = quotient_up(lines, tile->depth);
    while (2 * tile->ahead_every * lines <= tile->depth)
        tile->ahead_every *= 2;
    const size_t fetches = quotient_up(tile->depth, tile->ahead_every) * tile->ahead_lines;
    tile->ahead_step = quotient_up(lines * KERNEL_LINE * sizeof(float), fetches);
}

/* A run of tiles of one panel. */
typedef struct weights_place {
    size_t panel;
    size_t rows; /* of a tile */
    row_range range;
    gradient_tile plain, fetching;
} weights_place;

/* Makes the tile that begins at row `begin` and hands it on. While another follows, each group of rows
 * fetches what lies as far behind its own as that tile. */
static void take_tile(const product_weights *call, weights_place *place, size_t begin) {
    const product_kernels *kernels = call->layout->kernels;
    const size_t width = panel_width(call->layout, place->panel);
    const size_t rows = smaller(place->rows, place->range.end - begin);
    const size_t at = place->panel * call->layout->step + begin * width;
    const bool fetches = call->ahead[0] != NULL && begin + rows < place->range.end;
    gradient_tile *tile = fetches ? &place->fetching : &place->plain;
    _Alignas(64) float gradient[TAKEN];
    for (size_t row = 0; row < rows; row += kernels->rows) {
        const size_t height = smaller(kernels->rows, rows - row);
        const size_t next = at + (row + rows) * width;
        tile->left = call->along + begin + row;
        tile->out = gradient + row * width;
        for (size_t a = 0; fetches && a < KERNEL_AHEAD; a++)
            tile->ahead[a] =
                (const char *)((call->ahead[a] != NULL ? call->ahead[a] : call->ahead[0]) + next);
        kernels->gradient[height - 1][width / kernels->lanes - 1](tile);
    }
    call->take(call->user, at, rows * width, gradient);
}

static void take_part(const weights_part *part) {
    const product_weights *call = part->call;
    const panel_layout *layout = call->layout;
    for (size_t p = 0; p < layout->panels; p++) {
        const gradient_tile tile = tile_of_panel(call, p);
        weights_place place = {
            .panel = p, .rows = part->rows, .range = rows_of_panel(part, p), .plain = tile, .fetching = tile};
        plan_fetches(layout->kernels->rows * panel_width(layout, p), &place.fetching);
        for (size_t row = place.range.begin; row < place.range.end; row += part->rows)
            take_tile(call, &place, row);
    }
}

/* ---- tiles for Adam's update, each as high as a kernel's */

/* Tiles from the one that is updated to the one whose values and moments are fetched. */
enum { TILES_AHEAD = 3 };

/* A place in a part's sequence of tiles; behind the last one `panel` is the number of panels. */
typedef struct tile_cursor {
    const weights_part *part;
    size_t panel, row, end;
} tile_cursor;

/* To the first tile of `panel`, or of one behind it. */
static void enter_panel(tile_cursor *cursor, size_t panel) {
    const size_t panels = cursor->part->call->layout->panels;
    row_range range = {0, 0};
    for (; panel < panels; panel++) {
        range = rows_of_panel(cursor->part, panel);
        if (range.begin < range.end)
            break;
    }
    cursor->panel = panel;
    cursor->row = range.begin;
    cursor->end = range.end;
}

static void advance(tile_cursor *cursor) {
    cursor->row += cursor->part->call->layout->kernels->rows;
    if (cursor->row >= cursor->end && cursor->panel < cursor->part->call->layout->panels)
        enter_panel(cursor, cursor->panel + 1);
}

/* Where the tile begins in the stored array. */
static size_t place_of(const tile_cursor *cursor) {
    const panel_layout *layout = cursor->part->call->layout;
    return cursor->panel * layout->step + cursor->row * panel_width(layout, cursor->panel);
}

/* The tile whose gradient is complete and whose values are not updated yet, if it has any vectors. The next
 * tile writes its gradient to the same place, since it does so at its end. */
typedef struct waiting_tile {
    adam_piece piece;
    _Alignas(64) float gradient[KERNEL_ROWS * KERNEL_WIDTH];
} waiting_tile;

/* Makes the gradient of the tile at the cursor, which then waits; updates the one that waited. */
static void adam_tile(const tile_cursor *cursor, const tile_cursor *ahead, gradient_tile *tile,
                      waiting_tile *waiting) {
    const product_weights *call = cursor->part->call;
    const product_kernels *kernels = call->layout->kernels;
    const size_t vectors = panel_width(call->layout, cursor->panel) / kernels->lanes;
    const size_t height = smaller(kernels->rows, cursor->end - cursor->row);
    const size_t at = place_of(cursor);
    adam_piece *piece = &waiting->piece;
    tile->left = call->along + cursor->row;
    tile->out = waiting->gradient;
    if (height == kernels->rows && vectors == kernels->vectors) {
        kernels->gradient_beside_adam(tile, piece);
    } else {
        kernels->adam(piece);
        kernels->gradient[height - 1][vectors - 1](tile);
    }
    piece->vectors = height * vectors;
    piece->values = call->adam->values + at;
    piece->moment1 = call->adam->moment1 + at;
    piece->moment2 = call->adam->moment2 + at;
    piece->ahead = ahead->panel < call->layout->panels ? place_of(ahead) - at : 0;
}

static void adam_part(const weights_part *part) {
    const product_weights *call = part->call;
    const product_adam *adam = call->adam;
    waiting_tile waiting;
    waiting.piece = (adam_piece){.gradient = waiting.gradient,
                                 .beta1_rest = 1 - adam->beta1,
                                 .beta2 = adam->beta2,
                                 .beta2_rest = 1 - adam->beta2,
                                 .step_size = adam->step_size,
                                 .epsilon = adam->epsilon};
    tile_cursor cursor = {.part = part};
    enter_panel(&cursor, 0);
    tile_cursor ahead = cursor;
    for (size_t i = 0; i < TILES_AHEAD; i++)
        advance(&ahead);
    while (cursor.panel < call->layout->panels) {
        const size_t panel = cursor.panel;
        gradient_tile tile = tile_of_panel(call, panel);
        for (; cursor.panel == panel; advance(&cursor), advance(&ahead))
            adam_tile(&cursor, &ahead, &tile, &waiting);
    }
    call->layout->kernels->adam(&waiting.piece);
}

bool product_has_adam(const product_kernels *kernels) {
    return kernels->gradient_beside_adam != NULL;
}

void product_weights_part(const product_weights *call, size_t part, size_t parts) {
    const weights_part tiles = part_of(call, part, parts);
    if (call->adam != NULL)
        adam_part(&tiles);
    else
        take_part(&tiles);
}
