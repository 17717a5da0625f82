/* Digits on a turned sheet: what is drawn where, which factors a sample has, and how they are mixed. */
#include "data/reading.h"

#include "data/digit.h"
#include "random/stream.h"
#include "support/failing_allocator.h"

#include <math.h>

enum { SIDE = DIGIT_SIDE, PIXELS = SIDE * SIDE };

/* A 7 in the middle. */
static const digit seven = {.bar = 0.25, .x = 0.375, .y = 0.125, .width = 0.125};

static float pixel(const float *image, size_t row, size_t column) {
    return image[row * SIDE + column];
}

static void strokes_lie_where_they_should(void **state) {
    (void)state;
    float image[PIXELS];
    digit_draw(&seven, image);
    /* The bar runs from (24, 8) to (40, 8), the stem from there to (40, 58); both are 8 wide. */
    assert_true(fabsf(pixel(image, 8, 30) - 0.3f) < 1e-6f);
    assert_true(fabsf(pixel(image, 30, 40) - 0.3f) < 1e-6f);
    assert_true(fabsf(pixel(image, 60, 40) - 0.3f) < 1e-6f); /* the round end */
    assert_true(pixel(image, 62, 40) == 1.0f);
    assert_true(pixel(image, 30, 30) == 1.0f);
    assert_true(pixel(image, 30, 36) < 1.0f && pixel(image, 30, 35) == 1.0f);
    assert_true(pixel(image, 3, 30) == 1.0f && pixel(image, 4, 30) < 1.0f);
    assert_true(pixel(image, 0, 0) == 1.0f && pixel(image, 63, 63) == 1.0f); /* the sheet fills the image */
    /* The edge of the stem lies between pixels: column 36 is inked from its left side on. */
    digit thin = seven;
    thin.width = 7.0 / 64;
    digit_draw(&thin, image);
    assert_true(fabsf(pixel(image, 30, 36) - 0.65f) < 1e-5f); /* half covered */
}

static void a_turn_is_counter_clockwise_and_takes_the_sheet_along(void **state) {
    (void)state;
    float straight[PIXELS], turned[PIXELS];
    digit other = seven;
    digit_draw(&seven, straight);
    other.degrees = 90.0;
    digit_draw(&other, turned);
    for (size_t row = 0; row < SIDE; row++)
        for (size_t column = 0; column < SIDE; column++)
            assert_true(fabsf(pixel(turned, row, column) - pixel(straight, column, SIDE - 1 - row)) < 1e-5f);
    other.degrees = 45.0;
    digit_draw(&other, turned);
    assert_true(pixel(turned, 0, 0) == 0.0f && pixel(turned, 63, 0) == 0.0f);
    /* The middle of the sheet's upper edge is now up and left, half a side from the image's middle:
     * (32 - 22.6, 32 - 22.6), so that the diagonal is dark before 9 and light behind. */
    assert_true(pixel(turned, 8, 8) == 0.0f && pixel(turned, 10, 10) > 0.99f);
}

/* The factors as the header orders them, with the ranges of the authors' code. */
static double between(random_stream *stream, double low, double high) {
    return low + random_uniform(stream) * (high - low);
}

static digit draw(random_stream *stream, const double spans[2][2], uint32_t *side, uint32_t *is_seven) {
    digit out;
    *side = random_below(stream, 2);
    *is_seven = random_below(stream, 2);
    out.degrees = between(stream, spans[*side][0], spans[*side][1]);
    out.bar = *is_seven ? between(stream, 40.0 / 256, 100.0 / 256) : between(stream, 0.0, 20.0 / 256);
    out.x = between(stream, 30.0 / 256, 150.0 / 256);
    out.y = between(stream, 20.0 / 256, 50.0 / 256);
    out.drop = between(stream, -10.0 / 256, 10.0 / 256);
    out.slant = between(stream, -30.0 / 256, 5.0 / 256);
    out.width = between(stream, 15.0 / 256, 35.0 / 256);
    return out;
}

static const double training_spans[2][2] = {{-70, -50}, {50, 80}};

static mixup_dataset *make(const mixup_factors_desc *desc) {
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_factors(&set, desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

/* Reads sample `index`. */
static void read_one(const mixup_dataset *set, size_t index, float image[PIXELS], float target[2]) {
    assert_int_equal(mixup_dataset_read(set, &index, 1, image, target), MIXUP_OK);
}

static void expect_image(const float *image, const digit *of) {
    float expected[PIXELS];
    digit_draw(of, expected);
    assert_memory_equal(image, expected, sizeof expected);
}

static void the_angle_or_the_digit_is_the_label(void **state) {
    (void)state;
    static const struct {
        mixup_factors_task task;
        double test[2][2];
        bool digits;
    } cases[] = {
        {MIXUP_FACTORS_A, {{-30, -10}, {10, 30}}, false},
        {MIXUP_FACTORS_B, {{-30, -20}, {-10, 30}}, false},
        {MIXUP_FACTORS_C, {{-30, 30}, {-30, 30}}, true},
    };
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++)
        for (uint32_t part = 0; part < 2; part++) {
            mixup_dataset *set = make(&(mixup_factors_desc){
                .task = cases[c].task, .part = (mixup_factors_part)part, .count = 30, .seed = 5});
            int32_t labels[30];
            size_t second = 0;
            assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
            for (uint32_t i = 0; i < 30; i++) {
                float image[PIXELS], target[2];
                uint32_t side = 0, is_seven = 0;
                random_stream stream = random_open(5, RANDOM_SYNTHETIC, 2 + part, 0, 0, i);
                const digit expected =
                    draw(&stream, part == 0 ? training_spans : cases[c].test, &side, &is_seven);
                read_one(set, i, image, target);
                expect_image(image, &expected);
                const uint32_t label = cases[c].digits ? is_seven : side;
                assert_int_equal(labels[i], label);
                assert_true(target[label] == 1.0f && target[1 - label] == 0.0f);
                second += label;
            }
            assert_in_range(second, 5, 25);
            mixup_dataset_destroy(set);
        }
}

static void mixed_factors_and_labels_share_a_lambda(void **state) {
    (void)state;
    mixup_dataset *set =
        make(&(mixup_factors_desc){.task = MIXUP_FACTORS_C, .count = 20, .factor_alpha = 1.0, .seed = 9});
    bool between_digits = false;
    for (uint32_t i = 0; i < 20; i++) {
        float image[PIXELS], target[2];
        uint32_t side = 0, first_seven = 0, second_seven = 0;
        double lambda = 0.0, rest = 0.0;
        random_stream stream = random_open(9, RANDOM_SYNTHETIC, 2, 0, 0, i);
        digit mixed = draw(&stream, training_spans, &side, &first_seven);
        const digit partner = draw(&stream, training_spans, &side, &second_seven);
        random_beta(&stream, 1.0, &lambda, &rest);
        mixed.degrees = lambda * mixed.degrees + rest * partner.degrees;
        mixed.bar = lambda * mixed.bar + rest * partner.bar;
        mixed.x = lambda * mixed.x + rest * partner.x;
        mixed.y = lambda * mixed.y + rest * partner.y;
        mixed.drop = lambda * mixed.drop + rest * partner.drop;
        mixed.slant = lambda * mixed.slant + rest * partner.slant;
        mixed.width = lambda * mixed.width + rest * partner.width;
        read_one(set, i, image, target);
        expect_image(image, &mixed);
        const double second = lambda * first_seven + rest * second_seven;
        assert_true(fabs((double)target[1] - second) < 1e-6);
        assert_true(fabs((double)target[0] + (double)target[1] - 1.0) < 1e-6);
        between_digits = between_digits || (second > 0.1 && second < 0.9);
    }
    assert_true(between_digits);
    int32_t labels[20];
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_ERROR_UNSUPPORTED);
    assert_non_null(strstr(mixup_last_error(), "mixed"));
    mixup_dataset_destroy(set);
}

static void the_angle_alone_may_vary(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_factors_desc){.count = 10, .angle_only = true, .seed = 5});
    for (uint32_t i = 0; i < 10; i++) {
        float image[PIXELS], target[2];
        uint32_t side = 0, is_seven = 0;
        random_stream stream = random_open(5, RANDOM_SYNTHETIC, 2, 0, 0, i);
        digit expected = draw(&stream, training_spans, &side, &is_seven);
        expected = (digit){.degrees = expected.degrees,
                           .bar = 0.5 * (is_seven ? 140.0 / 256 : 20.0 / 256),
                           .x = 90.0 / 256,
                           .y = 35.0 / 256,
                           .slant = -12.5 / 256,
                           .width = 25.0 / 256};
        read_one(set, i, image, target);
        expect_image(image, &expected);
    }
    mixup_dataset_destroy(set);
}

static void parts_of_the_set_read_the_same_samples(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_factors_desc){.count = 40, .seed = 1});
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.last = 10, .stratified = false}, &rest,
                                         &part),
                     MIXUP_OK);
    float whole[PIXELS], cut[PIXELS], target[2], cut_target[2];
    read_one(set, 33, whole, target);
    mixup_dataset_destroy(set); /* the parts keep what they share */
    read_one(part, 3, cut, cut_target);
    assert_memory_equal(whole, cut, sizeof whole);
    assert_memory_equal(target, cut_target, sizeof target);
    const size_t index = 3;
    assert_int_equal(mixup_dataset_read(part, &index, 1, cut, NULL), MIXUP_OK);
    assert_memory_equal(whole, cut, sizeof whole);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
}

static void a_set_is_described(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_factors_desc){.task = MIXUP_FACTORS_C});
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.count, 10000);
    assert_int_equal(info.shape[0], 1);
    assert_int_equal(info.shape[1], 64);
    assert_int_equal(info.shape[2], 64);
    assert_int_equal(info.shape[3], 0);
    assert_int_equal(info.class_count, 2);
    assert_int_equal(info.target_count, 2);
    assert_names(info.class_names, (const char *const[]){"1", "7"}, 2);
    mixup_dataset_destroy(set);
}

static void wrong_descriptions_are_refused(void **state) {
    (void)state;
    static const struct {
        mixup_factors_desc desc;
        const char *message;
    } cases[] = {
        {{.task = (mixup_factors_task)3}, "task: 3"},      {{.part = (mixup_factors_part)2}, "part: 2"},
        {{.factor_alpha = -1.0}, "factor_alpha: -1"},      {{.factor_alpha = INFINITY}, "factor_alpha: inf"},
        {{.count = (size_t)1 << 33}, "count: 8589934592"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        mixup_dataset *set = NULL;
        assert_int_equal(mixup_dataset_from_factors(&set, &cases[i].desc), MIXUP_ERROR_ARGUMENT);
        assert_null(set);
        assert_non_null(strstr(mixup_last_error(), cases[i].message));
    }
    assert_int_equal(mixup_dataset_from_factors(NULL, &cases[0].desc), MIXUP_ERROR_ARGUMENT);
}

static mixup_status make_with(const mixup_allocator *allocator, void *user) {
    (void)user;
    mixup_dataset *set = NULL;
    const mixup_status status =
        mixup_dataset_from_factors(&set, &(mixup_factors_desc){.count = 5, .allocator = allocator});
    mixup_dataset_destroy(set);
    return status;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(fail_every_allocation(make_with, NULL) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strokes_lie_where_they_should),
        cmocka_unit_test(a_turn_is_counter_clockwise_and_takes_the_sheet_along),
        cmocka_unit_test(the_angle_or_the_digit_is_the_label),
        cmocka_unit_test(mixed_factors_and_labels_share_a_lambda),
        cmocka_unit_test(the_angle_alone_may_vary),
        cmocka_unit_test(parts_of_the_set_read_the_same_samples),
        cmocka_unit_test(a_set_is_described),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
