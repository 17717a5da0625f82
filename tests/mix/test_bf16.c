/* bf16: its rounding, and mixes of such states: those of floats, rounded once. */
#include "support/network.h"
#include "tensor/bf16.h"

enum { BATCH = 7, OUTER = 2, HEIGHT = 5, WIDTH = 3, INNER = 16, SAMPLE = OUTER * HEIGHT * WIDTH * INNER };
enum { COUNT = BATCH * SAMPLE };

static float from_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void values_are_rounded_to_the_nearest_and_halves_to_even(void **state) {
    (void)state;
    static const struct {
        uint32_t bits;
        bf16 expected;
    } cases[] = {
        {0x00000000, 0x0000}, {0x80000000, 0x8000}, {0x3f800000, 0x3f80}, /* ±0, 1 */
        {0x3f807fff, 0x3f80}, {0x3f808001, 0x3f81},                       /* below and above a half */
        {0x3f808000, 0x3f80}, {0x3f818000, 0x3f82},                       /* halves */
        {0x3fffffff, 0x4000}, {0x7f7fffff, 0x7f80}, /* into the next power; to infinity */
        {0x7f800000, 0x7f80}, {0xff800000, 0xff80}, /* infinities */
        {0x7fc00000, 0x7fc0}, {0x7fffffff, 0x7fff}, {0xff800001, 0xffc0}, /* NaN, the last one only just */
        {0x00000001, 0x0000}, {0x00018000, 0x0002},                       /* denormals */
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        const bf16 rounded = bf16_from_float(from_bits(cases[i].bits));
        if (rounded != cases[i].expected)
            fail_msg("%08x becomes %04x, not %04x", (unsigned)cases[i].bits, rounded, cases[i].expected);
    }
}

static void every_value_is_a_float(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits <= 0xffff; bits++) {
        const float value = bf16_to_float((bf16)bits);
        assert_true(isnan(value) || bf16_from_float(value) == bits);
        assert_true(isnan(value) || value == from_bits(bits << 16));
    }
}

/* Random states as bf16, and the same values as floats. */
static void fill(bf16 *narrow, real *wide) {
    network_uniform(3, 0, -1.0, 1.0, COUNT, wide);
    for (size_t i = 0; i < COUNT; i++) {
        narrow[i] = bf16_from_float((float)wide[i]);
        wide[i] = (real)bf16_to_float(narrow[i]);
    }
}

static void expect_rounded(const bf16 *made, const real *expected, const char *what) {
    for (size_t i = 0; i < COUNT; i++)
        if (made[i] != bf16_from_float((float)expected[i]))
            fail_msg("%s: value %zu is %g, not %g rounded", what, i, (double)bf16_to_float(made[i]),
                     (double)expected[i]);
}

static void check_draw(const mixup_batch_draw *draw, const char *what) {
    const mix_layout floats = {OUTER, HEIGHT, WIDTH, INNER, MIX_REAL};
    mix_layout halves = floats;
    static bf16 states[COUNT], mixed[COUNT], gradient[COUNT];
    static real wide[COUNT], wide_mixed[COUNT], wide_gradient[COUNT];
    uint32_t inverse[BATCH];
    halves.values = MIX_BF16;
    fill(states, wide);
    mix_invert(draw, inverse);
    for (size_t i = 0; i < BATCH; i++) {
        mix_sample(draw, &floats, i, wide, wide_mixed);
        mix_sample(draw, &halves, i, states, mixed);
        mix_sample_gradient(draw, &floats, inverse, i, wide, wide_gradient);
        mix_sample_gradient(draw, &halves, inverse, i, states, gradient);
    }
    expect_rounded(mixed, wide_mixed, what);
    expect_rounded(gradient, wide_gradient, what);
}

static void mixes_are_those_of_floats_rounded_once(void **state) {
    (void)state;
    network_draw draw;
    network_draw_make(&draw, BATCH, true, 4);
    check_draw(&draw.draw, "mixup");
    network_draw_cut(&draw, BATCH, true, 5);
    check_draw(&draw.draw, "CutMix");
    draw.draw.site = -1;
    check_draw(&draw.draw, "none");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_rounded_to_the_nearest_and_halves_to_even),
        cmocka_unit_test(every_value_is_a_float),
        cmocka_unit_test(mixes_are_those_of_floats_rounded_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
