/* The two spirals: shape, symmetry, seed, and the formula against uniforms drawn here. */
#include "data/reading.h"

#include "random/stream.h"

static mixup_dataset *make(const mixup_spirals_desc *desc) {
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_spirals(&set, desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static bool holds(const reading *in, float x, float y, int32_t label) {
    for (size_t i = 0; i < in->info.count; i++)
        if (in->inputs[2 * i] == x && in->inputs[2 * i + 1] == y && in->labels[i] == label)
            return true;
    return false;
}

static void points_follow_the_formula_and_come_negated_as_class_one(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_spirals_desc){.count_per_class = 50, .seed = 3});
    reading got;
    read_set(set, &got);
    assert_int_equal(got.info.count, 100);
    assert_int_equal(got.info.class_count, 2);
    assert_names(got.info.class_names, (const char *const[]){"0", "1"}, 2);
    for (uint32_t i = 0; i < 50; i++) {
        random_stream stream = random_open(3, RANDOM_SYNTHETIC, 0, 0, 0, i);
        const double n = sqrt(random_uniform(&stream)) * 780.0 * 2.0 * 3.14159265358979323846 / 360.0;
        const double x_noise = random_uniform(&stream);
        const double y_noise = random_uniform(&stream);
        const float x = (float)(-cos(n) * n + x_noise * 0.9);
        const float y = (float)(sin(n) * n + y_noise * 0.9);
        assert_true(holds(&got, x, y, 0));
        assert_true(holds(&got, -x, -y, 1));
    }
    mixup_dataset_destroy(set);
}

static void the_order_is_mixed_and_belongs_to_the_seed(void **state) {
    (void)state;
    mixup_dataset *one = make(&(mixup_spirals_desc){.count_per_class = 200, .seed = 1});
    mixup_dataset *same = make(&(mixup_spirals_desc){.count_per_class = 200, .seed = 1});
    mixup_dataset *other = make(&(mixup_spirals_desc){.count_per_class = 200, .seed = 2});
    reading a, b, c;
    read_set(one, &a);
    read_set(same, &b);
    read_set(other, &c);
    assert_memory_equal(a.inputs, b.inputs, 800 * sizeof(float));
    assert_memory_equal(a.labels, b.labels, 400 * sizeof(int32_t));
    assert_memory_not_equal(a.inputs, c.inputs, 800 * sizeof(float));
    size_t first_half = 0;
    for (size_t i = 0; i < 200; i++)
        first_half += (size_t)a.labels[i];
    assert_in_range(first_half, 70, 130); /* 100 ± 7 for a random order; 3 in 100,000 outside */
    mixup_dataset_destroy(one);
    mixup_dataset_destroy(same);
    mixup_dataset_destroy(other);
}

static void defaults_are_two_thousand_points_within_the_picture(void **state) {
    (void)state;
    mixup_dataset *set = make(&(mixup_spirals_desc){0});
    assert_int_equal(set->count, 4000);
    for (size_t i = 0; i < set->count; i++) {
        float point[2];
        assert_int_equal(mixup_dataset_read(set, &i, 1, point, NULL), MIXUP_OK);
        assert_true(fabsf(point[0]) < 15.0f && fabsf(point[1]) < 15.0f);
    }
    mixup_dataset_destroy(set);
}

static void impossible_descriptions_are_refused(void **state) {
    (void)state;
    mixup_dataset *set = NULL;
    assert_failed(mixup_dataset_from_spirals(&set, &(mixup_spirals_desc){.turn = -1}), MIXUP_ERROR_ARGUMENT,
                  "turn -1");
    assert_failed(mixup_dataset_from_spirals(&set, &(mixup_spirals_desc){.noise = NAN}), MIXUP_ERROR_ARGUMENT,
                  "noise");
    assert_failed(mixup_dataset_from_spirals(&set, &(mixup_spirals_desc){.count_per_class = SIZE_MAX}),
                  MIXUP_ERROR_ARGUMENT, "count_per_class");
    assert_null(set);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    (void)user;
    mixup_dataset *set = NULL;
    const mixup_spirals_desc desc = {.count_per_class = 5, .allocator = allocator};
    const mixup_status status = mixup_dataset_from_spirals(&set, &desc);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    fail_every_allocation(run, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_follow_the_formula_and_come_negated_as_class_one),
        cmocka_unit_test(the_order_is_mixed_and_belongs_to_the_seed),
        cmocka_unit_test(defaults_are_two_thousand_points_within_the_picture),
        cmocka_unit_test(impossible_descriptions_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
