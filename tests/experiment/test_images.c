/* Images in an experiment: normalised by channel, changed at random, and a part of them only. */
#include "experiment_text.h"

#include "data/dataset.h"
#include "support/failing_allocator.h"

#include <math.h>

enum { COUNT = 40, SIDE = 4, PIXELS = SIDE * SIDE };

#define NETWORK "network:\n  - {op: flatten}\n  - {op: dense, units: 2, activation: softmax}\n"
#define TRAIN   "  train: {format: idx, images: images, labels: labels, scale: 2}\n"

typedef struct opened {
    temporary_folder folder;
    experiment_file *file;
    experiment *experiment;
    experiment_data data;
} opened;

/* 40 images of 4 x 4 bytes; every fourth is of class 1. */
static void write_images(temporary_folder *folder) {
    uint8_t images[16 + COUNT * PIXELS] = {0, 0, 8, 3, 0, 0, 0, COUNT, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
    uint8_t labels[8 + COUNT] = {0, 0, 8, 1, 0, 0, 0, COUNT};
    for (size_t i = 0; i < (size_t)COUNT * PIXELS; i++)
        images[16 + i] = (uint8_t)(i * 37 % 251);
    for (size_t i = 0; i < COUNT; i++)
        labels[8 + i] = i % 4 == 0;
    write_bytes(temporary_file(folder, "images"), images, sizeof images);
    write_bytes(temporary_file(folder, "labels"), labels, sizeof labels);
}

static mixup_status load(opened *in, const char *yaml) {
    *in = (opened){.file = NULL};
    temporary_folder_make(&in->folder);
    write_images(&in->folder);
    MIXUP_TRY(open_text(&in->folder, yaml, NULL, 0, &in->file));
    MIXUP_TRY(experiment_resolve(&in->experiment, in->file, NULL, NULL));
    return experiment_load_data(in->experiment, &in->data);
}

static void close_data(opened *in) {
    experiment_data_clear(&in->data);
    experiment_destroy(in->experiment);
    experiment_close(in->file);
    temporary_folder_remove(&in->folder);
}

static void load_ok(opened *in, const char *yaml) {
    if (load(in, yaml) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
}

static void refused(const char *yaml, const char *place, const char *part) {
    opened in;
    assert_int_not_equal(load(&in, yaml), MIXUP_OK);
    if (strstr(mixup_last_error(), place) == NULL || strstr(mixup_last_error(), part) == NULL)
        fail_msg("'%s' lacks '%s' or '%s'", mixup_last_error(), place, part);
    close_data(&in);
}

/* ---------------------------------------------------------------- normalisation */

static void mean_and_deviation_of_channels_are_learned_on_the_training_part(void **state) {
    (void)state;
    opened in;
    load_ok(&in, "data:\n" TRAIN
                 "  test: {last: 8}\n  validation: {first: 8}\n  normalize: {by: channel}\n" NETWORK);
    enum { FIRST = 8 * PIXELS, END = 32 * PIXELS }; /* the training part, from 0 */
    double sum = 0, squares = 0;
    for (size_t i = FIRST; i < END; i++) {
        const double value = (double)(i * 37 % 251) / 2.0;
        sum += value;
        squares += value * value;
    }
    const double mean = sum / (END - FIRST);
    const double deviation = sqrt(squares / (END - FIRST) - mean * mean);
    const mixup_dataset *sets[] = {in.data.train, in.data.test, in.data.validation};
    for (size_t s = 0; s < 3; s++) {
        const mixup_preprocess *preprocess = mixup_dataset_preprocess(sets[s]);
        assert_int_equal(preprocess->statistics, 1);
        assert_true(fabs(preprocess->mean[0] - mean) < 1e-10); /* of numbers up to 125 */
        assert_true(fabs(preprocess->deviation[0] - deviation) < 1e-10);
    }
    close_data(&in);
}

static void known_means_and_deviations_are_used_for_all_parts(void **state) {
    (void)state;
    opened in;
    load_ok(&in, "data:\n" TRAIN "  test: {last: 8}\n  normalize: {mean: [0.1], deviation: 0.3}\n" NETWORK);
    const mixup_dataset *sets[] = {in.data.train, in.data.test};
    for (size_t s = 0; s < 2; s++) {
        const mixup_preprocess *preprocess = mixup_dataset_preprocess(sets[s]);
        assert_true(preprocess->statistics == 1 && preprocess->mean[0] == 0.1 &&
                    preprocess->deviation[0] == 0.3);
    }
    close_data(&in);
}

static void by_feature_is_what_standardize_is(void **state) {
    (void)state;
    opened a, b;
    load_ok(&a, "data:\n" TRAIN "  normalize: {by: feature}\n" NETWORK);
    load_ok(&b, "data:\n" TRAIN "  standardize: true\n" NETWORK);
    assert_int_equal(mixup_dataset_preprocess(a.data.train)->statistics, PIXELS);
    assert_true(preprocess_fingerprint(mixup_dataset_preprocess(a.data.train)) ==
                preprocess_fingerprint(mixup_dataset_preprocess(b.data.train)));
    close_data(&a);
    close_data(&b);
}

static void normalisation_that_makes_no_sense_is_refused_with_its_place(void **state) {
    (void)state;
    EXPECT_REFUSAL("data:\n" TRAIN "  standardize: true\n  normalize: {by: channel}\n" NETWORK,
                   "my.yaml:4:", "data.normalize", "stands beside standardize: true");
    EXPECT_REFUSAL("data:\n" TRAIN "  normalize: {mean: [1, 2], deviation: [1]}\n" NETWORK,
                   "my.yaml:3:", "2 means and 1 deviations");
    EXPECT_REFUSAL("data:\n" TRAIN "  normalize: {mean: [1]}\n" NETWORK, "1 means and 0 deviations");
    EXPECT_REFUSAL("data:\n" TRAIN "  normalize: {mean: 1, deviation: 0}\n" NETWORK,
                   "my.yaml:3:", "data.normalize.deviation", "each above 0");
    EXPECT_REFUSAL("data:\n" TRAIN "  normalize: {by: feature, mean: 1, deviation: 1}\n" NETWORK,
                   "my.yaml:3:", "has no meaning with by feature");
    refused("data:\n" TRAIN "  normalize: {mean: [1, 2], deviation: [1, 2]}\n" NETWORK,
            "my.yaml:3:", "data.normalize: normalize: 2 means and deviations for 1 channels");
    refused("data:\n  train: {format: spirals}\n  normalize: {by: channel}\n" NETWORK,
            "my.yaml:3:", "channels are those of images");
}

/* ---------------------------------------------------------------- a part of the samples */

static size_t count_ones(const mixup_dataset *set) {
    int32_t labels[COUNT];
    mixup_dataset_info info;
    size_t ones = 0;
    mixup_dataset_describe(set, &info);
    assert_int_equal(mixup_dataset_labels(set, labels), MIXUP_OK);
    for (size_t i = 0; i < info.count; i++)
        ones += labels[i] == 1;
    return ones;
}

static void a_subset_is_taken_of_what_test_and_validation_leave(void **state) {
    (void)state;
    opened in, other, whole;
    load_ok(&in, "data:\n" TRAIN "  test: {last: 8}\n  validation: {first: 8}\n"
                 "  subset: {count: 12, stratified: true}\n" NETWORK);
    assert_int_equal(in.data.train->count, 12);
    assert_int_equal(in.data.test->count, 8);
    assert_int_equal(in.data.validation->count, 8);
    assert_int_equal(count_ones(in.data.train), 3);
    for (size_t i = 0; i < 12; i++) {
        assert_in_range(dataset_sample(in.data.train, i), 8, 31);
        assert_true(i == 0 || dataset_sample(in.data.train, i) > dataset_sample(in.data.train, i - 1));
    }
    load_ok(&other, "data:\n" TRAIN "  test: {last: 8}\n  validation: {first: 8}\n"
                    "  subset: {count: 12, stratified: true, seed: 4}\n" NETWORK);
    assert_true(dataset_fingerprint(in.data.train, 0) != dataset_fingerprint(other.data.train, 0));
    load_ok(&whole, "data:\n" TRAIN "  test: {last: 8}\n  subset: {count: 32}\n" NETWORK);
    assert_int_equal(whole.data.train->count, 32);
    close_data(&in);
    close_data(&other);
    close_data(&whole);
}

static void statistics_are_those_of_the_subset(void **state) {
    (void)state;
    opened in;
    load_ok(&in,
            "data:\n" TRAIN "  test: {last: 8}\n  subset: {count: 1}\n  normalize: {by: channel}\n" NETWORK);
    const size_t sample = dataset_sample(in.data.train, 0);
    double sum = 0;
    for (size_t i = sample * PIXELS; i < (sample + 1) * PIXELS; i++)
        sum += (double)(i * 37 % 251) / 2.0;
    assert_true(fabs(mixup_dataset_preprocess(in.data.test)->mean[0] - sum / PIXELS) < 1e-12);
    close_data(&in);
}

static void a_subset_that_is_too_large_or_without_a_number_is_refused(void **state) {
    (void)state;
    refused("data:\n" TRAIN "  test: {last: 8}\n  subset: {count: 33}\n" NETWORK,
            "my.yaml:4:", "data.subset: count: 33, but test and validation leave 32");
    EXPECT_REFUSAL("data:\n" TRAIN "  subset: {stratified: true}\n" NETWORK,
                   "my.yaml:3:", "data.subset.count: is missing");
    EXPECT_REFUSAL("data:\n" TRAIN "  subset: {count: 0}\n" NETWORK, "data.subset.count: is 0");
}

/* ---------------------------------------------------------------- random changes */

static void changes_are_those_that_the_file_asks_for(void **state) {
    (void)state;
    opened in;
    load_ok(&in,
            "data:\n" TRAIN "  augment: {horizontal_flip: true, flip_probability: 0.25, crop_padding: 2, "
            "resized_crop: true, crop_area: [0.2, 0.9], crop_ratio: [1, 1], cutout: 3}\n" NETWORK);
    mixup_fit_desc desc;
    experiment_fit_desc(in.experiment, &in.data, &desc);
    const mixup_augment *found = &desc.augment;
    assert_true(found->horizontal_flip && found->flip_probability == 0.25f);
    assert_true(found->resized_crop && found->crop_area[0] == 0.2f && found->crop_area[1] == 0.9f);
    assert_true(found->crop_ratio[0] == 1.0f && found->crop_ratio[1] == 1.0f);
    assert_int_equal(found->crop_padding, 2);
    assert_int_equal(found->cutout, 3);
    close_data(&in);
}

static void changes_that_make_no_sense_are_refused_with_their_place(void **state) {
    (void)state;
    EXPECT_REFUSAL("data:\n" TRAIN "  augment: {crop_area: [0.2, 0.9]}\n" NETWORK,
                   "my.yaml:3:", "data.augment.crop_area: has no meaning without resized_crop");
    EXPECT_REFUSAL("data:\n" TRAIN "  augment: {resized_crop: true, crop_area: 0.5}\n" NETWORK,
                   "my.yaml:3:", "give two numbers");
    EXPECT_REFUSAL("data:\n" TRAIN "  augment: {resized_crop: true, crop_ratio: [2, 1]}\n" NETWORK,
                   "data.augment.crop_ratio: is a list", "give two numbers, the lowest and the highest");
    EXPECT_REFUSAL("data:\n" TRAIN "  augment: {resized_crop: true, crop_area: [0, 1]}\n" NETWORK,
                   "each above 0 and at most 1");
    EXPECT_REFUSAL("data:\n" TRAIN "  augment: {flip: true}\n" NETWORK, "data.augment.flip: no such key");
    refused("data:\n" TRAIN "  augment: {crop_padding: 4}\n" NETWORK,
            "my.yaml:3:", "data.augment: crop_padding: 4 for images of 4 x 4");
    refused("data:\n  train: {format: spirals}\n  augment: {cutout: 1}\n" NETWORK,
            "my.yaml:3:", "data.augment: the inputs are 2; only images");
}

/* ---------------------------------------------------------------- written back */

static void a_resolved_file_says_the_same(void **state) {
    (void)state;
    static const char *const files[] = {
        "data:\n" TRAIN "  normalize: {mean: [0.1], deviation: [0.30000000000000004]}\n"
        "  augment: {resized_crop: true, crop_area: [0.1, 0.9], cutout: 2}\n" NETWORK,
        "data:\n" TRAIN "  normalize: {}\n  subset: {count: 3}\n  augment: {horizontal_flip: true}\n" NETWORK,
        "data:\n" TRAIN NETWORK,
    };
    static const char *const texts[][3] = {
        {"  normalize:\n    by: channel\n    mean: [0.1]\n    deviation: [0.30000000000000004]\n",
         "    crop_area: [0.1, 0.9]\n", "    cutout: 2\n"},
        {"  normalize:\n    by: channel\n", "  subset:\n    count: 3\n    stratified: false\n    seed: 0\n",
         "    flip_probability: 0.5\n    crop_padding: 0\n    resized_crop: false\n    cutout: 0\n"},
        {"  augment:\n    horizontal_flip: false\n",
         "  standardize: false\n  standardize_targets: false\n  augment:\n", "network:\n"},
    };
    for (size_t f = 0; f < MIXUP_COUNT(files); f++) {
        opened in, again;
        load_ok(&in, files[f]);
        const mixup_allocator allocator = plain_allocator();
        text yaml;
        text_init(&yaml, &allocator);
        assert_int_equal(experiment_to_yaml(in.experiment, MIXUP_ENGINE_REFERENCE, 1, &yaml), MIXUP_OK);
        for (size_t t = 0; t < 3; t++)
            if (strstr(yaml.data, texts[f][t]) == NULL)
                fail_msg("'%s' is not in\n%s", texts[f][t], yaml.data);
        load_ok(&again, yaml.data);
        text difference;
        text_init(&difference, &allocator);
        bool same = false;
        assert_int_equal(experiment_compare(in.experiment, again.experiment, &same, &difference), MIXUP_OK);
        assert_true(same);
        assert_true(dataset_fingerprint(in.data.train, 0) == dataset_fingerprint(again.data.train, 0));
        text_clear(&difference);
        text_clear(&yaml);
        close_data(&in);
        close_data(&again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_deviation_of_channels_are_learned_on_the_training_part),
        cmocka_unit_test(known_means_and_deviations_are_used_for_all_parts),
        cmocka_unit_test(by_feature_is_what_standardize_is),
        cmocka_unit_test(normalisation_that_makes_no_sense_is_refused_with_its_place),
        cmocka_unit_test(a_subset_is_taken_of_what_test_and_validation_leave),
        cmocka_unit_test(statistics_are_those_of_the_subset),
        cmocka_unit_test(a_subset_that_is_too_large_or_without_a_number_is_refused),
        cmocka_unit_test(changes_are_those_that_the_file_asks_for),
        cmocka_unit_test(changes_that_make_no_sense_are_refused_with_their_place),
        cmocka_unit_test(a_resolved_file_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
