/* Data sets whose samples a function makes. */
#include "data/reading.h"

typedef struct source {
    size_t calls;
    size_t largest_call;
    size_t fail_at; /* the sample at which `read` fails */
} source;

/* Sample i: inputs (i, -i); three targets, the largest one at i % 3. */
static mixup_status read_samples(void *user, const size_t *indices, size_t count, float *inputs,
                                 float *targets) {
    source *from = user;
    from->calls++;
    from->largest_call = count > from->largest_call ? count : from->largest_call;
    for (size_t i = 0; i < count; i++) {
        if (from->fail_at > 0 && indices[i] == from->fail_at)
            return MIXUP_ERROR_IO;
        inputs[2 * i] = (float)indices[i];
        inputs[2 * i + 1] = -(float)indices[i];
        for (size_t c = 0; c < 3; c++)
            targets[3 * i + c] = c == indices[i] % 3 ? 0.5f : 0.25f;
    }
    return MIXUP_OK;
}

static mixup_dataset *make(source *from, bool classes, const mixup_allocator *allocator) {
    mixup_dataset *set = NULL;
    const mixup_callback_desc desc = {.count = 600,
                                      .shape = {2},
                                      .class_count = classes ? 3 : 0,
                                      .target_count = classes ? 0 : 3,
                                      .read = read_samples,
                                      .user = from,
                                      .allocator = allocator};
    return mixup_dataset_from_callback(&set, &desc) == MIXUP_OK ? set : NULL;
}

static void a_batch_is_one_call_with_the_indices_asked_for(void **state) {
    (void)state;
    source from = {0};
    mixup_dataset *set = make(&from, true, NULL);
    const size_t indices[3] = {7, 2, 300};
    float inputs[6], targets[9];
    int32_t labels[3];
    assert_int_equal(dataset_gather(set, indices, 3, inputs, targets, labels), MIXUP_OK);
    assert_int_equal(from.calls, 1);
    assert_floats(inputs, (const float[]){7, -7, 2, -2, 300, -300}, 6);
    assert_floats(targets, (const float[]){0.25f, 0.5f, 0.25f, 0.25f, 0.25f, 0.5f, 0.5f, 0.25f, 0.25f}, 9);
    assert_memory_equal(labels, ((const int32_t[]){1, 2, 0}), sizeof labels);
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    assert_int_equal(info.class_count, 3);
    assert_int_equal(info.target_count, 3);
    mixup_dataset_destroy(set);
}

static void targets_that_nobody_wants_are_read_aside(void **state) {
    (void)state;
    source from = {0};
    mixup_dataset *set = make(&from, false, NULL);
    const size_t indices[2] = {5, 6};
    float inputs[4];
    int32_t labels[2];
    assert_int_equal(mixup_dataset_read(set, indices, 2, inputs, NULL), MIXUP_OK);
    assert_floats(inputs, (const float[]){5, -5, 6, -6}, 4);
    assert_int_equal(dataset_gather(set, indices, 2, inputs, NULL, labels), MIXUP_OK);
    assert_int_equal(labels[1], -1);
    assert_int_equal(from.largest_call, 1); /* there is room for one row of targets only */
    mixup_dataset_destroy(set);
}

static void parts_translate_their_indices(void **state) {
    (void)state;
    source from = {0};
    mixup_dataset *set = make(&from, true, NULL);
    mixup_dataset *rest = NULL, *part = NULL;
    assert_int_equal(mixup_dataset_split(set, &(mixup_split_desc){.last = 400}, &rest, &part), MIXUP_OK);
    mixup_dataset_destroy(set);
    mixup_dataset_destroy(rest);
    static size_t indices[400];
    static float inputs[800], targets[1200];
    static int32_t labels[400];
    for (size_t i = 0; i < 400; i++)
        indices[i] = 399 - i;
    assert_int_equal(dataset_gather(part, indices, 400, inputs, targets, labels), MIXUP_OK);
    for (size_t i = 0; i < 400; i++) {
        assert_true(inputs[2 * i] == (float)(599 - i));
        assert_int_equal(labels[i], (599 - i) % 3);
        assert_true(targets[3 * i + (599 - i) % 3] == 0.5f);
    }
    assert_true(from.largest_call <= 256);
    mixup_dataset_destroy(part);
}

static void a_failure_names_status_and_samples(void **state) {
    (void)state;
    source from = {.fail_at = 9};
    mixup_dataset *set = make(&from, true, NULL);
    const size_t indices[2] = {8, 9};
    float inputs[4], targets[6];
    assert_failed(mixup_dataset_read(set, indices, 2, inputs, targets), MIXUP_ERROR_CALLBACK,
                  "2 samples, the first of them number 8: it returned 6 (input or output failed)");
    mixup_dataset_destroy(set);
}

static void labels_of_all_samples_are_not_offered(void **state) {
    (void)state;
    source from = {0};
    mixup_dataset *set = make(&from, true, NULL);
    int32_t labels[600];
    assert_failed(mixup_dataset_labels(set, labels), MIXUP_ERROR_UNSUPPORTED, "callback");
    mixup_dataset *rest = NULL, *part = NULL;
    assert_failed(mixup_dataset_split(set, &(mixup_split_desc){.count = 6, .stratified = true}, &rest, &part),
                  MIXUP_ERROR_ARGUMENT, "needs labels");
    mixup_dataset_destroy(set);
}

static void made_samples_can_be_standardised(void **state) {
    (void)state;
    source from = {0};
    mixup_dataset *set = make(&from, true, NULL);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    /* 0..599: mean 299.5, variance (600² - 1) / 12 */
    const double deviation = sqrt((600.0 * 600.0 - 1.0) / 12.0);
    const size_t index = 599;
    float inputs[2], targets[3];
    assert_int_equal(mixup_dataset_read(set, &index, 1, inputs, targets), MIXUP_OK);
    assert_true(fabs((double)inputs[0] - 299.5 / deviation) < 1e-6); /* float rounding of 1.7 */
    assert_true(inputs[1] == -inputs[0]);
    mixup_dataset_destroy(set);
}

static void contradictory_descriptions_are_refused(void **state) {
    (void)state;
    const char *const names[1] = {"a"};
    mixup_dataset *set = NULL;
    mixup_callback_desc desc = {.count = 1, .shape = {1}};
    assert_failed(mixup_dataset_from_callback(&set, &desc), MIXUP_ERROR_ARGUMENT, "read");
    desc.read = read_samples;
    desc.class_count = 2;
    desc.target_count = 2;
    assert_failed(mixup_dataset_from_callback(&set, &desc), MIXUP_ERROR_ARGUMENT, "give one of them");
    desc.class_count = 0;
    desc.class_names = names;
    assert_failed(mixup_dataset_from_callback(&set, &desc), MIXUP_ERROR_ARGUMENT, "give class_count");
    desc = (mixup_callback_desc){.read = read_samples, .count = 1};
    assert_failed(mixup_dataset_from_callback(&set, &desc), MIXUP_ERROR_SHAPE, "shape is empty");
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_dataset *set = make(user, true, allocator);
    if (set == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = mixup_dataset_standardize(set, set);
    mixup_dataset_destroy(set);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    source from = {0};
    fail_every_allocation(run, &from);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_one_call_with_the_indices_asked_for),
        cmocka_unit_test(targets_that_nobody_wants_are_read_aside),
        cmocka_unit_test(parts_translate_their_indices),
        cmocka_unit_test(a_failure_names_status_and_samples),
        cmocka_unit_test(labels_of_all_samples_are_not_offered),
        cmocka_unit_test(made_samples_can_be_standardised),
        cmocka_unit_test(contradictory_descriptions_are_refused),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
