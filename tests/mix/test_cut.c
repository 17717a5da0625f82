/* CutMix: rectangles and areas against values worked out by hand, states, targets and gradients. */
#include "mix/batch.h"
#include "mix/mix.h"
#include "random/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

enum { MOST = 400 };

/* A draw for a batch of one, with 1 - λ = `share` and a centre. */
static void one_cut(batch *out, float share, float row, float column) {
    batch_init(out, 1);
    out->draw.site = 0;
    out->draw.kind = MIXUP_CUTMIX;
    out->partner[0] = 0;
    out->weight[0] = 1 - share;
    out->partner_weight[0] = share;
    out->cut_row[0] = row;
    out->cut_column[0] = column;
}

/* ---- rectangles */

typedef struct rectangle_case {
    size_t height, width;
    float share, row, column;
    mixup_rectangle expected; /* top, bottom, left, right */
    const char *what;
} rectangle_case;

/* Half the side is half the root of the share; the middles of rows lie at (y + 1/2) / height. */
static const rectangle_case rectangles[] = {
    {8, 8, 0.25f, 0.5f, 0.5f, {2, 6, 2, 6}, "in the middle: [1/4, 3/4)"},
    {8, 8, 0.25f, 0, 0, {0, 2, 0, 2}, "cut off at the upper left corner: [-1/4, 1/4)"},
    {8, 8, 0.25f, 1, 1, {6, 8, 6, 8}, "cut off at the lower right corner: [3/4, 5/4)"},
    {8, 8, 0.25f, 0.125f, 0.875f, {0, 3, 5, 8}, "cut off above, at [-1/8, 3/8), and at the right"},
    {5, 7, 0.25f, 0.5f, 0.5f, {1, 4, 2, 5}, "odd sizes: rows at .3 .5 .7, columns at 5/14 7/14 9/14"},
    {5, 7, 0.25f, 0.25f, 0.75f, {0, 2, 3, 7}, "odd sizes: [0, 1/2) leaves the middle 1/2 out, [1/2, 1) not"},
    {4, 10, 0.0625f, 0.5f, 0.25f, {1, 2, 1, 4}, "low image: rows [3/8, 5/8), columns at .15 .25 .35"},
    {6, 6, 0, 0.5f, 0.5f, {3, 3, 3, 3}, "λ = 1 leaves nothing"},
    {6, 6, 1e-8f, 0.25f, 0.25f, {1, 2, 1, 2}, "λ near 1 takes one position where the centre is its middle"},
    {6, 6, 1e-8f, 0.3f, 0.25f, {2, 2, 1, 2}, "and none elsewhere"},
    {6, 6, 1, 0.5f, 0.5f, {0, 6, 0, 6}, "λ = 0 takes all from the middle"},
    {4, 4, 1, 0.25f, 0.75f, {0, 3, 1, 4}, "λ = 0 is cut off at the borders"},
    {4, 4, 0.9999999f, 0.5f, 0.5f, {0, 4, 0, 4}, "λ near 0 takes all"},
    {1, 1, 0.25f, 0.5f, 0.5f, {0, 1, 0, 1}, "a single position is taken ..."},
    {1, 1, 0.25f, 0.74f, 0.26f, {0, 1, 0, 1}, "... where its middle is inside, ..."},
    {1, 1, 0.25f, 0.75f, 0.5f, {0, 1, 0, 1}, "... the lower end included, ..."},
    {1, 1, 0.25f, 0.25f, 0.5f, {0, 0, 0, 1}, "... the upper end not, ..."},
    {1, 1, 0.25f, 0.1f, 0.9f, {0, 0, 1, 1}, "... and else it is not"},
    {1, 6, 0.25f, 0.5f, 0.5f, {0, 1, 1, 4}, "one row: columns at 3/12 5/12 7/12, not at 9/12"},
};

static void rectangles_are_those_worked_out_by_hand(void **state) {
    (void)state;
    for (size_t c = 0; c < MIXUP_COUNT(rectangles); c++) {
        const rectangle_case *given = &rectangles[c];
        batch drawn;
        one_cut(&drawn, given->share, given->row, given->column);
        const mixup_rectangle cut = mixup_cut_rectangle(&drawn.draw, 0, given->height, given->width);
        if (memcmp(&cut, &given->expected, sizeof cut) != 0)
            fail_msg("%s: rows %zu to %zu, columns %zu to %zu", given->what, cut.top, cut.bottom, cut.left,
                     cut.right);
    }
}

/* By the definition, position by position. */
static bool is_inside(const batch *drawn, size_t i, double y, double x) {
    const double half = 0.5 * sqrt((double)drawn->partner_weight[i]);
    const double row = (double)drawn->cut_row[i], column = (double)drawn->cut_column[i];
    return y >= row - half && y < row + half && x >= column - half && x < column + half;
}

static void a_position_is_in_the_rectangle_when_its_middle_is(void **state) {
    (void)state;
    static const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 0.7f, .per_sample = true};
    static const size_t sizes[][2] = {{1, 1}, {2, 2}, {3, 5}, {7, 4}, {32, 32}, {1, 9}};
    for (size_t s = 0; s < MIXUP_COUNT(sizes); s++) {
        batch drawn;
        assert_int_equal(batch_draw(&drawn, BATCH_LARGEST, &mix, (uint32_t)s), MIXUP_OK);
        const size_t height = sizes[s][0], width = sizes[s][1];
        for (size_t i = 0; i < BATCH_LARGEST; i++) {
            const mixup_rectangle cut = mixup_cut_rectangle(&drawn.draw, i, height, width);
            for (size_t y = 0; y < height; y++)
                for (size_t x = 0; x < width; x++)
                    assert_int_equal(y >= cut.top && y < cut.bottom && x >= cut.left && x < cut.right,
                                     is_inside(&drawn, i, ((double)y + 0.5) / (double)height,
                                               ((double)x + 0.5) / (double)width));
        }
    }
}

/* The middle of position (y, x) is that of (3y + 1, 3x + 1) in an image of three times the size. */
static void one_draw_means_the_same_place_at_any_resolution(void **state) {
    (void)state;
    static const mixup_mix_desc mix = {.kind = MIXUP_CUTMIX, .alpha = 1, .per_sample = true};
    enum { COARSE = 5, FINE = 15 };
    batch drawn;
    assert_int_equal(batch_draw(&drawn, BATCH_LARGEST, &mix, 1), MIXUP_OK);
    for (size_t i = 0; i < BATCH_LARGEST; i++) {
        const mixup_rectangle coarse = mixup_cut_rectangle(&drawn.draw, i, COARSE, COARSE);
        const mixup_rectangle fine = mixup_cut_rectangle(&drawn.draw, i, FINE, FINE);
        for (size_t y = 0; y < COARSE; y++) {
            const size_t middle = 3 * y + 1;
            assert_int_equal(y >= coarse.top && y < coarse.bottom,
                             middle >= fine.top && middle < fine.bottom);
            assert_int_equal(y >= coarse.left && y < coarse.right,
                             middle >= fine.left && middle < fine.right);
        }
    }
}

/* ---- weights and targets */

static void weights_are_the_exact_shares_of_the_area(void **state) {
    (void)state;
    for (size_t c = 0; c < MIXUP_COUNT(rectangles); c++) {
        const rectangle_case *given = &rectangles[c];
        const mixup_rectangle *cut = &given->expected;
        const size_t all = given->height * given->width;
        const size_t area = (cut->bottom - cut->top) * (cut->right - cut->left);
        batch drawn;
        float weight = 7, partner_weight = 7;
        one_cut(&drawn, given->share, given->row, given->column);
        mixup_cut_weights(&drawn.draw, given->height, given->width, &weight, &partner_weight);
        assert_true(partner_weight == (float)((double)area / (double)all));
        assert_true(weight == (float)((double)(all - area) / (double)all));
    }
    batch drawn;
    float weight, partner_weight;
    one_cut(&drawn, 0.25f, 0.5f, 0.5f);
    mixup_cut_weights(&drawn.draw, 5, 7, &weight, &partner_weight);
    assert_true(weight == (float)(26.0 / 35.0) && partner_weight == (float)(9.0 / 35.0));
}

static void targets_are_mixed_by_the_area(void **state) {
    (void)state;
    static const float targets[4] = {1, 0, 0, 1};
    static const float expected[4] = {0.75f, 0.25f, 0.0625f, 0.9375f};
    batch drawn;
    float mixed[4], weight[2], partner_weight[2];
    one_cut(&drawn, 0.36f, 0.5f, 0.5f); /* 2 × 2 of 4 × 4, though the draw says 0.36 */
    drawn.draw.batch = 2;
    drawn.partner[0] = 1;
    drawn.partner[1] = 0;
    drawn.partner_weight[1] = 0.25f;
    drawn.cut_row[1] = drawn.cut_column[1] = 0; /* 1 × 1 is left of 2 × 2 */
    mixup_cut_targets(&drawn.draw, 4, 4, 2, targets, mixed);
    assert_memory_equal(mixed, expected, sizeof mixed);
    mixup_cut_weights(&drawn.draw, 4, 4, weight, partner_weight);
    assert_true(weight[0] == 0.75f && partner_weight[0] == 0.25f);
    assert_true(weight[1] == 0.9375f && partner_weight[1] == 0.0625f);
}

/* ---- states */

/* Two samples of two channels 3 × 4; rows 1 and 2, columns 1 and 2 of the first come from the second. */
static void states_have_the_rectangle_of_their_partner_in_every_channel(void **state) {
    (void)state;
    static const float states[2][2][3][4] = {
        {{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}},
         {{13, 14, 15, 16}, {17, 18, 19, 20}, {21, 22, 23, 24}}},
        {{{-1, -2, -3, -4}, {-5, -6, -7, -8}, {-9, -10, -11, -12}},
         {{-13, -14, -15, -16}, {-17, -18, -19, -20}, {-21, -22, -23, -24}}}};
    static const float expected[2][3][4] = {
        {{1, 2, 3, 4}, {5, -6, -7, 8}, {9, -10, -11, 12}},
        {{13, 14, 15, 16}, {17, -18, -19, 20}, {21, -22, -23, 24}},
    };
    batch drawn;
    float mixed[2][2][3][4];
    one_cut(&drawn, 0.25f, 0.625f, 0.5f); /* rows [3/8, 7/8), columns [1/4, 3/4) */
    drawn.draw.batch = 2;
    drawn.partner[0] = 1;
    drawn.partner[1] = 0;
    drawn.partner_weight[1] = 0;
    mixup_cut_states(&drawn.draw, 2, 3, 4, states[0][0][0], mixed[0][0][0]);
    assert_memory_equal(mixed[0], expected, sizeof expected);
    assert_memory_equal(mixed[1], states[1], sizeof mixed[1]);
}

/* The same draw: sample 0 loses its rectangle, in which sample 1 gets the gradient of what 0 took. */
static void gradients_go_to_where_the_states_came_from(void **state) {
    (void)state;
    static const float mixed_gradient[2][3][4] = {{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}},
                                                  {{10, 20, 30, 40}, {50, 60, 70, 80}, {90, 100, 110, 120}}};
    static const float expected[2][3][4] = {{{1, 2, 3, 4}, {5, 0, 0, 8}, {9, 0, 0, 12}},
                                            {{10, 20, 30, 40}, {50, 66, 77, 80}, {90, 110, 121, 120}}};
    batch drawn;
    float gradient[2][3][4];
    one_cut(&drawn, 0.25f, 0.625f, 0.5f);
    drawn.draw.batch = 2;
    drawn.partner[0] = 1;
    drawn.partner[1] = 0;
    drawn.partner_weight[1] = 0;
    mixup_cut_gradient(&drawn.draw, 1, 3, 4, mixed_gradient[0][0], gradient[0][0]);
    assert_memory_equal(gradient, expected, sizeof expected);
}

/* ---- all settings */

static const mixup_mix_desc kinds[] = {
    {.kind = MIXUP_CUTMIX, .alpha = 1},
    {.kind = MIXUP_CUTMIX, .alpha = 1, .per_sample = true},
    {.kind = MIXUP_CUTMIX, .alpha = 0.3f, .per_sample = true, .no_self_pairs = true, .clamp_lambda = true},
    {.kind = MIXUP_CUTMIX, .alpha = 1, .per_sample = true, .plain_probability = 0.5f},
    {.alpha = 1, .per_sample = true},
};

static const mix_layout images[] = {
    {3, 1, 1, 1, MIX_REAL}, {2, 3, 5, 1, MIX_REAL}, {1, 7, 4, 1, MIX_REAL}, {5, 2, 2, 1, MIX_REAL}};

/* Small whole numbers, so that sums are exact and the order of summation does not show. */
static void fill(random_stream *from, float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)random_below(from, 201) - 100;
}

static void gradient_is_the_transpose_of_the_mix(void **state) {
    (void)state;
    static float h[BATCH_LARGEST * MOST], g[BATCH_LARGEST * MOST];
    static float mixed[BATCH_LARGEST * MOST], gradient[BATCH_LARGEST * MOST];
    random_stream from = random_open(1, RANDOM_SYNTHETIC, 0, 0, 0, 0);
    for (size_t size = 1; size <= BATCH_LARGEST; size += 3)
        for (size_t kind = 0; kind < MIXUP_COUNT(kinds); kind++) {
            const mix_layout *image = &images[(size / 3 + kind) % MIXUP_COUNT(images)];
            const size_t count = size * mix_width(image);
            batch drawn;
            assert_int_equal(batch_draw(&drawn, size, &kinds[kind], (uint32_t)size), MIXUP_OK);
            fill(&from, h, count);
            fill(&from, g, count);
            mixup_cut_states(&drawn.draw, image->outer, image->height, image->width, h, mixed);
            mixup_cut_gradient(&drawn.draw, image->outer, image->height, image->width, g, gradient);
            double left = 0, right = 0;
            for (size_t k = 0; k < count; k++) {
                left += (double)mixed[k] * (double)g[k];
                right += (double)h[k] * (double)gradient[k];
            }
            /* interpolation rounds twice, values below 200 times 100; CutMix does not round at all */
            const double tolerance = kinds[kind].kind == MIXUP_CUTMIX ? 0 : 2.5e-3 * (double)count;
            assert_true(fabs(left - right) <= tolerance);
        }
}

static void a_sample_alone_gets_the_same_bits(void **state) {
    (void)state;
    static float given[BATCH_LARGEST * MOST], whole[BATCH_LARGEST * MOST], single[BATCH_LARGEST * MOST];
    random_stream from = random_open(2, RANDOM_SYNTHETIC, 0, 0, 0, 0);
    for (size_t kind = 0; kind < MIXUP_COUNT(kinds); kind++)
        for (uint32_t step = 0; step < 8; step++) {
            const mix_layout *image = &images[step % MIXUP_COUNT(images)];
            const size_t bytes = BATCH_LARGEST * mix_width(image) * sizeof *given;
            batch drawn;
            uint32_t inverse[BATCH_LARGEST];
            assert_int_equal(batch_draw(&drawn, BATCH_LARGEST, &kinds[kind], step), MIXUP_OK);
            for (size_t k = 0; k < bytes / sizeof *given; k++)
                given[k] = (float)random_uniform(&from);
            mix_states(&drawn.draw, image, given, whole);
            for (size_t i = BATCH_LARGEST; i-- > 0;)
                mix_sample(&drawn.draw, image, i, given, single);
            assert_memory_equal(single, whole, bytes);
            mix_invert(&drawn.draw, inverse);
            mix_gradient(&drawn.draw, image, given, whole);
            for (size_t i = BATCH_LARGEST; i-- > 0;)
                mix_sample_gradient(&drawn.draw, image, inverse, i, given, single);
            assert_memory_equal(single, whole, bytes);
        }
}

/* From [outer][height][width][inner] with channels = outer × inner to [channels][height][width], or back. */
static void reorder(const mix_layout *layout, bool back, const float *from, float *to) {
    const size_t places = layout->height * layout->width;
    for (size_t o = 0; o < layout->outer; o++)
        for (size_t p = 0; p < places; p++)
            for (size_t c = 0; c < layout->inner; c++) {
                const size_t blocked = (o * places + p) * layout->inner + c;
                const size_t plain = (o * layout->inner + c) * places + p;
                to[back ? blocked : plain] = from[back ? plain : blocked];
            }
}

static void every_layout_holds_the_same_mix(void **state) {
    (void)state;
    static const mix_layout layouts[] = {
        {2, 5, 3, 8, MIX_REAL}, {1, 3, 4, 16, MIX_REAL}, {1, 4, 5, 3, MIX_REAL}, {3, 1, 1, 4, MIX_REAL}};
    static float h[BATCH_LARGEST * MOST], plain[BATCH_LARGEST * MOST], blocked[BATCH_LARGEST * MOST];
    static float expected[BATCH_LARGEST * MOST], back[BATCH_LARGEST * MOST];
    random_stream from = random_open(3, RANDOM_SYNTHETIC, 0, 0, 0, 0);
    for (size_t l = 0; l < MIXUP_COUNT(layouts); l++)
        for (int gradient = 0; gradient < 2; gradient++) {
            const mix_layout *layout = &layouts[l];
            const size_t channels = layout->outer * layout->inner;
            const size_t width = mix_width(layout);
            assert_true(width <= MOST);
            batch drawn;
            assert_int_equal(batch_draw(&drawn, 9, &kinds[1], (uint32_t)l), MIXUP_OK);
            fill(&from, h, 9 * width);
            for (size_t i = 0; i < 9; i++)
                reorder(layout, false, h + i * width, plain + i * width);
            if (gradient == 1) {
                mixup_cut_gradient(&drawn.draw, channels, layout->height, layout->width, plain, expected);
                mix_gradient(&drawn.draw, layout, h, blocked);
            } else {
                mixup_cut_states(&drawn.draw, channels, layout->height, layout->width, plain, expected);
                mix_states(&drawn.draw, layout, h, blocked);
            }
            for (size_t i = 0; i < 9; i++)
                reorder(layout, false, blocked + i * width, back + i * width);
            assert_memory_equal(back, expected, 9 * width * sizeof *back);
        }
}

static void a_draw_without_a_kind_is_interpolated(void **state) {
    (void)state;
    enum {
        SIZE = 6,
        CHANNELS = 2,
        HEIGHT = 3,
        WIDTH = 4,
        VALUES = CHANNELS * HEIGHT * WIDTH,
        ALL = SIZE * VALUES
    };
    float h[ALL], a[ALL], b[ALL], weight[SIZE], partner_weight[SIZE];
    random_stream from = random_open(4, RANDOM_SYNTHETIC, 0, 0, 0, 0);
    fill(&from, h, ALL);
    batch drawn;
    assert_int_equal(batch_draw(&drawn, SIZE, &(mixup_mix_desc){.alpha = 1, .per_sample = true}, 0),
                     MIXUP_OK);
    const mixup_batch_draw old = {.batch = SIZE, /* as callers of before CutMix make it */
                                  .site = 0,
                                  .partner = drawn.partner,
                                  .weight = drawn.weight,
                                  .partner_weight = drawn.partner_weight};
    mixup_mix_states(&old, VALUES, h, a);
    mixup_cut_states(&old, CHANNELS, HEIGHT, WIDTH, h, b);
    assert_memory_equal(a, b, sizeof a);
    mixup_mix_gradient(&old, VALUES, h, a);
    mixup_cut_gradient(&old, CHANNELS, HEIGHT, WIDTH, h, b);
    assert_memory_equal(a, b, sizeof a);
    mixup_mix_targets(&old, VALUES, h, a);
    mixup_cut_targets(&old, HEIGHT, WIDTH, VALUES, h, b);
    assert_memory_equal(a, b, sizeof a);
    mixup_cut_weights(&old, HEIGHT, WIDTH, weight, partner_weight);
    assert_memory_equal(weight, drawn.weight, sizeof weight);
    assert_memory_equal(partner_weight, drawn.partner_weight, sizeof partner_weight);
}

static void a_plain_batch_passes_unchanged(void **state) {
    (void)state;
    static const float values[8] = {INFINITY, -0.0f, 1e-45f, 3, -INFINITY, 5, 6, 7};
    const mixup_batch_draw plain = {.batch = 2, .site = -1, .kind = MIXUP_CUTMIX}; /* no arrays at all */
    float out[8] = {0}, weight[2], partner_weight[2];
    mixup_cut_states(&plain, 1, 2, 2, values, out);
    assert_memory_equal(out, values, sizeof out);
    memset(out, 0, sizeof out);
    mixup_cut_gradient(&plain, 1, 2, 2, values, out);
    assert_memory_equal(out, values, sizeof out);
    static const float targets[4] = {0.5f, 0.25f, -1, 3};
    mixup_cut_targets(&plain, 2, 2, 2, targets, out);
    assert_memory_equal(out, targets, sizeof targets);
    mixup_cut_weights(&plain, 2, 2, weight, partner_weight);
    for (size_t i = 0; i < 2; i++)
        assert_true(weight[i] == 1 && partner_weight[i] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rectangles_are_those_worked_out_by_hand),
        cmocka_unit_test(a_position_is_in_the_rectangle_when_its_middle_is),
        cmocka_unit_test(one_draw_means_the_same_place_at_any_resolution),
        cmocka_unit_test(weights_are_the_exact_shares_of_the_area),
        cmocka_unit_test(targets_are_mixed_by_the_area),
        cmocka_unit_test(states_have_the_rectangle_of_their_partner_in_every_channel),
        cmocka_unit_test(gradients_go_to_where_the_states_came_from),
        cmocka_unit_test(gradient_is_the_transpose_of_the_mix),
        cmocka_unit_test(a_sample_alone_gets_the_same_bits),
        cmocka_unit_test(every_layout_holds_the_same_mix),
        cmocka_unit_test(a_draw_without_a_kind_is_interpolated),
        cmocka_unit_test(a_plain_batch_passes_unchanged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
