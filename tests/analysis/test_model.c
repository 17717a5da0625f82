/* States and maps of a small network whose weights are set by hand: 2 inputs, a layer "hidden" that doubles
 * the first and keeps the sum, a softmax of two classes. On the reference engine, so that the numbers are
 * exact. */
#include "support/failing_allocator.h"

#include "analysis/states.h"
#include "analysis/surface.h"

#include <math.h>

static mixup_model *hand_made(size_t inputs) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 2, .name = "hidden"},
        {.op = MIXUP_DENSE, .units = 2, .name = "classes", .activation = MIXUP_SOFTMAX},
    };
    mixup_model *model = NULL;
    if (mixup_model_create(&model, &(mixup_model_desc){.input = {inputs},
                                                       .layers = layers,
                                                       .layer_count = MIXUP_COUNT(layers),
                                                       .threads = 1,
                                                       .engine = MIXUP_ENGINE_REFERENCE}) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    if (inputs == 2) {
        const float hidden[4] = {2, 0, 1, 1};
        const float classes[4] = {0, 0, 1, 0}; /* the logit of class 1 is 2 x */
        assert_int_equal(mixup_parameter_write(model, "hidden.weight", hidden, 4), MIXUP_OK);
        assert_int_equal(mixup_parameter_write(model, "classes.weight", classes, 4), MIXUP_OK);
    }
    return model;
}

static mixup_dataset *points(void) {
    const float inputs[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const int32_t labels[] = {1, 0, 1, 1, 0};
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_arrays(
                         &set,
                         &(mixup_arrays_desc){
                             .inputs = inputs, .count = 5, .shape = {2}, .labels = labels, .class_count = 2}),
                     MIXUP_OK);
    return set;
}

static void states_are_of_the_first_samples_of_each_class_in_the_sets_order(void **state) {
    (void)state;
    mixup_model *model = hand_made(2);
    mixup_dataset *set = points();
    states found;
    assert_int_equal(states_collect(model, &(states_desc){.set = set, .layer = "hidden", .per_class = 2},
                                    &found),
                     MIXUP_OK);
    assert_int_equal(found.count, 4); /* samples 0, 1, 2 and 4 */
    assert_int_equal(found.width, 2);
    const float wanted[] = {2, 3, 6, 7, 10, 11, 18, 19};
    const int32_t labels[] = {1, 0, 1, 0};
    assert_memory_equal(found.values, wanted, sizeof wanted);
    assert_memory_equal(found.labels, labels, sizeof labels);
    states_clear(&found);
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

static void states_of_chosen_classes_and_of_the_input(void **state) {
    (void)state;
    mixup_model *model = hand_made(2);
    mixup_dataset *set = points();
    const size_t zero = 0;
    states found;
    const states_desc desc = {.set = set, .layer = "input", .classes = &zero, .class_count = 1};
    assert_int_equal(states_collect(model, &desc, &found), MIXUP_OK);
    const float wanted[] = {3, 4, 9, 10};
    assert_int_equal(found.count, 2);
    assert_memory_equal(found.values, wanted, sizeof wanted);
    states_clear(&found);
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

static void unknown_layers_and_classes_are_refused(void **state) {
    (void)state;
    mixup_model *model = hand_made(2);
    mixup_dataset *set = points();
    const size_t two = 2;
    states found;
    assert_int_equal(states_collect(model, &(states_desc){.set = set, .layer = "hiden"}, &found),
                     MIXUP_ERROR_NOT_FOUND);
    assert_non_null(strstr(mixup_last_error(), "'hiden'"));
    const states_desc desc = {.set = set, .layer = "hidden", .classes = &two, .class_count = 1};
    assert_int_equal(states_collect(model, &desc, &found), MIXUP_ERROR_ARGUMENT);
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

static void a_map_takes_the_probability_at_the_middle_of_each_cell(void **state) {
    (void)state;
    mixup_model *model = hand_made(2);
    surface map;
    const surface_desc desc = {.minimum = {-1, 0}, .maximum = {1, 3}, .step = 0.5, .class_number = 1};
    assert_int_equal(surface_map(model, &desc, &map), MIXUP_OK);
    assert_int_equal(map.columns, 4);
    assert_int_equal(map.rows, 6);
    for (size_t r = 0; r < map.rows; r++)
        for (size_t c = 0; c < map.columns; c++) {
            const double x = -0.75 + 0.5 * (double)c;
            /* single precision inside */
            assert_true(fabs((double)map.probability[r * 4 + c] - 1.0 / (1.0 + exp(-2.0 * x))) < 1e-6);
        }
    surface_clear(&map);
    mixup_model_destroy(model);
}

static void the_share_leaves_out_its_ends(void **state) {
    (void)state;
    float values[] = {0.0f, 0.25f, 0.3f, 0.5f, 0.75f, 1.0f};
    const surface map = {.columns = 3, .rows = 2, .probability = values};
    assert_true(fabs(surface_share(&map, 0.25, 0.75) - 2.0 / 6.0) < 1e-12);
}

static void impossible_maps_are_refused(void **state) {
    (void)state;
    mixup_model *model = hand_made(2);
    mixup_model *other = hand_made(3);
    surface map;
    const surface_desc good = {.minimum = {0, 0}, .maximum = {1, 1}, .step = 0.5, .class_number = 1};
    assert_int_equal(surface_map(other, &good, &map), MIXUP_ERROR_SHAPE);
    surface_desc bad = good;
    bad.class_number = 2;
    assert_int_equal(surface_map(model, &bad, &map), MIXUP_ERROR_ARGUMENT);
    bad = good;
    bad.step = -1;
    assert_int_equal(surface_map(model, &bad, &map), MIXUP_ERROR_ARGUMENT);
    bad = good;
    bad.step = 1e-9;
    assert_int_equal(surface_map(model, &bad, &map), MIXUP_ERROR_ARGUMENT);
    bad = good;
    bad.maximum[1] = NAN;
    assert_int_equal(surface_map(model, &bad, &map), MIXUP_ERROR_ARGUMENT);
    mixup_model_destroy(model);
    mixup_model_destroy(other);
}

typedef struct sources {
    mixup_model *model;
    mixup_dataset *set;
} sources;

static mixup_status collect_and_map(const mixup_allocator *allocator, void *user) {
    const sources *from = user;
    const states_desc wanted = {.set = from->set, .layer = "hidden", .allocator = allocator};
    const surface_desc area = {.maximum = {1, 1}, .step = 0.5, .allocator = allocator};
    states found;
    MIXUP_TRY(states_collect(from->model, &wanted, &found));
    states_clear(&found);
    surface map;
    MIXUP_TRY(surface_map(from->model, &area, &map));
    surface_clear(&map);
    return MIXUP_OK;
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    sources from = {hand_made(2), points()};
    assert_true(fail_every_allocation(collect_and_map, &from) > 0);
    mixup_dataset_destroy(from.set);
    mixup_model_destroy(from.model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_of_the_first_samples_of_each_class_in_the_sets_order),
        cmocka_unit_test(states_of_chosen_classes_and_of_the_input),
        cmocka_unit_test(unknown_layers_and_classes_are_refused),
        cmocka_unit_test(a_map_takes_the_probability_at_the_middle_of_each_cell),
        cmocka_unit_test(the_share_leaves_out_its_ends),
        cmocka_unit_test(impossible_maps_are_refused),
        cmocka_unit_test(every_failed_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
