/* States of inputs drawn uniformly: which inputs, which states, over which range. */
#include "analysis/fixture.h"

#include "analysis/uniform.h"
#include "random/stream.h"

enum { COUNT = 700, WIDTH = 3 }; /* more than a batch */

static mixup_model *small_model(void) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 4, .activation = MIXUP_TANH, .name = "hidden"},
        {.op = MIXUP_DENSE, .units = 2, .name = "last"},
    };
    return model_of(&(mixup_model_desc){
        .input = {WIDTH}, .layers = layers, .layer_count = 2, .seed = 3, .engine = MIXUP_ENGINE_REFERENCE});
}

static void inputs_are_drawn_one_by_one_from_the_range(void **state) {
    (void)state;
    mixup_model *model = small_model();
    states found;
    expect_ok(uniform_states(
        model, &(uniform_desc){.layer = "input", .count = COUNT, .range = {-2.0, 6.0}, .seed = 5}, &found));
    assert_int_equal(found.count, COUNT);
    assert_int_equal(found.width, WIDTH);
    double sum = 0.0;
    for (size_t i = 0; i < COUNT; i++) {
        random_stream stream = random_open(5, RANDOM_SYNTHETIC, 16, 0, 0, (uint32_t)i);
        assert_int_equal(found.labels[i], -1);
        const float *row = found.values + (size_t)i * WIDTH;
        for (size_t j = 0; j < WIDTH; j++) {
            assert_true(row[j] == (float)(8.0 * random_uniform(&stream) - 2.0));
            sum += (double)row[j];
        }
    }
    /* 2100 values of deviation 8 / sqrt(12): the mean is 2 ± 0.05. */
    assert_true(fabs(sum / (COUNT * WIDTH) - 2.0) < 0.2);
    states_clear(&found);
    mixup_model_destroy(model);
}

static void states_are_those_of_the_layer(void **state) {
    (void)state;
    mixup_model *model = small_model();
    states inputs, found;
    uniform_desc desc = {.layer = "input", .count = COUNT, .range = {0.0, 1.0}};
    expect_ok(uniform_states(model, &desc, &inputs));
    desc.layer = "hidden";
    expect_ok(uniform_states(model, &desc, &found));
    float *expected = malloc((size_t)COUNT * 4 * sizeof *expected);
    assert_non_null(expected);
    expect_ok(mixup_states(model, "hidden", COUNT, inputs.values, expected));
    assert_int_equal(found.width, 4);
    assert_memory_equal(found.values, expected, (size_t)COUNT * 4 * sizeof *expected);
    free(expected);
    states_clear(&found);
    states_clear(&inputs);
    mixup_model_destroy(model);
}

static void the_range_is_that_of_all_inputs_as_the_network_sees_them(void **state) {
    (void)state;
    static float inputs[1200] = {0};
    inputs[3] = -4.0f;
    inputs[1199] = 10.0f; /* in a later batch */
    mixup_dataset *set =
        set_of(&(mixup_arrays_desc){.inputs = inputs, .count = 600, .shape = {2}, .scale = 2.0});
    const mixup_allocator allocator = memory_allocator(NULL);
    double range[2] = {0.0, 0.0};
    expect_ok(uniform_range(set, &allocator, range));
    assert_true(range[0] == -2.0 && range[1] == 5.0);
    mixup_dataset_destroy(set);
}

static void wrong_descriptions_are_refused(void **state) {
    (void)state;
    mixup_model *model = small_model();
    states found;
    expect_refused(uniform_states(model, &(uniform_desc){.layer = "hidden", .range = {0.0, 1.0}}, &found),
                   MIXUP_ERROR_ARGUMENT, "0 inputs");
    expect_refused(uniform_states(model, &(uniform_desc){.layer = "hidden", .count = 1, .range = {1.0, 0.0}},
                                  &found),
                   MIXUP_ERROR_ARGUMENT, "range 1 to 0");
    expect_refused(uniform_states(model,
                                  &(uniform_desc){.layer = "hidden", .count = 1, .range = {0.0, INFINITY}},
                                  &found),
                   MIXUP_ERROR_ARGUMENT, "finite");
    expect_refused(uniform_states(model, &(uniform_desc){.layer = "nowhere", .count = 1}, &found),
                   MIXUP_ERROR_NOT_FOUND, "nowhere");
    mixup_model_destroy(model);
}

static mixup_status collect(const mixup_allocator *allocator, void *user) {
    states found = {0};
    MIXUP_TRY(uniform_states(
        user, &(uniform_desc){.layer = "hidden", .count = 3, .range = {0.0, 1.0}, .allocator = allocator},
        &found));
    states_clear(&found);
    return MIXUP_OK;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    mixup_model *model = small_model();
    assert_true(fail_every_allocation(collect, model) > 2);
    mixup_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_drawn_one_by_one_from_the_range),
        cmocka_unit_test(states_are_those_of_the_layer),
        cmocka_unit_test(the_range_is_that_of_all_inputs_as_the_network_sees_them),
        cmocka_unit_test(wrong_descriptions_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
