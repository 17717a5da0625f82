/* Random changes of training images: against NumPy and PyTorch (tests/fixtures/make_torch_augment.py), by
 * hand, and the statistics of the choices. */
#include "data/reading.h"

#include "format/safetensors.h"

enum { SAMPLES = 6, CHANNELS = 3, HEIGHT = 9, WIDTH = 8, PIXELS = HEIGHT * WIDTH };

/* The cases of the script. */
static const struct {
    const char *name;
    mixup_augment how;
    float tolerance; /* of resized images: a float of 255 rounded before and after */
} cases[] = {
    {"flip", {.horizontal_flip = true}, 0},
    {"often", {.horizontal_flip = true, .flip_probability = 0.9f}, 0},
    {"crop", {.crop_padding = 4}, 0},
    {"resized", {.resized_crop = true}, 1e-6f},
    {"narrow", {.resized_crop = true, .crop_area = {0.5f, 0.9f}, .crop_ratio = {2.5f, 3.0f}}, 1e-6f},
    {"cutout", {.cutout = 4}, 0},
    {"odd", {.cutout = 5}, 0},
    {"all",
     {.horizontal_flip = true,
      .crop_padding = 2,
      .resized_crop = true,
      .crop_area = {0.3f, 0.7f},
      .crop_ratio = {0.5f, 2.0f},
      .cutout = 3},
     1e-6f},
    {"plain", {.horizontal_flip = true, .crop_padding = 3, .cutout = 2}, 0},
};

static const double mean[] = {0.4914, 0.4822, 0.4465};
static const double deviation[] = {0.247, 0.2435, 0.2616};
static const uint64_t seed = 0x123456789;

static mixup_dataset *make(const void *inputs, mixup_type type, size_t count, const size_t *sizes,
                           size_t rank) {
    mixup_dataset *set = NULL;
    mixup_arrays_desc desc = {.inputs = inputs, .type = type, .count = count, .scale = 255};
    memcpy(desc.shape, sizes, rank * sizeof *sizes);
    if (mixup_dataset_from_arrays(&set, &desc) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return set;
}

static augmentation resolve(const mixup_augment *how, const mixup_dataset *set) {
    augmentation out;
    if (augment_resolve(how, set->preprocess, seed, &out) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    return out;
}

/* Sample `index` as it is in `epoch`. */
static void gather_one(const mixup_dataset *set, const augmentation *how, uint32_t epoch, size_t index,
                       float *out) {
    float scratch[READING_LIMIT];
    const gather_augmentation augment = {how, epoch, scratch};
    assert_int_equal(dataset_gather_augmented(set, &augment, &index, 1, out, NULL, NULL), MIXUP_OK);
}

/* `expected` is [2 epochs][SAMPLES][features]. */
static void check_case(const mixup_dataset *set, size_t c, const float *expected) {
    static const uint32_t epochs[] = {0, 3};
    const augmentation how = resolve(&cases[c].how, set);
    const size_t features = set->preprocess->features;
    for (size_t e = 0; e < 2; e++)
        for (size_t i = 0; i < SAMPLES; i++) {
            float got[CHANNELS * PIXELS];
            gather_one(set, &how, epochs[e], i, got);
            for (size_t k = 0; k < features; k++)
                if (!(fabsf(got[k] - expected[(e * SAMPLES + i) * features + k]) <= cases[c].tolerance))
                    fail_msg("%s: epoch %u, sample %zu, value %zu is %.9g, expected %.9g", cases[c].name,
                             (unsigned)epochs[e], i, k, (double)got[k],
                             (double)expected[(e * SAMPLES + i) * features + k]);
        }
}

static void every_change_is_that_of_numpy_and_pytorch(void **state) {
    (void)state;
    safetensors *file = NULL;
    assert_int_equal(safetensors_read(&file, "tests/fixtures/torch/augment.safetensors", 0, NULL), MIXUP_OK);
    assert_int_equal(safetensors_count(file), MIXUP_COUNT(cases) + 1);
    const uint8_t *images = safetensors_find(file, "images")->data;
    uint8_t grey[SAMPLES * PIXELS]; /* their first channel */
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(grey + i * PIXELS, images + i * CHANNELS * PIXELS, PIXELS);
    mixup_dataset *colour = make(images, MIXUP_UINT8, SAMPLES, (const size_t[]){CHANNELS, HEIGHT, WIDTH}, 3);
    mixup_dataset *plain = make(grey, MIXUP_UINT8, SAMPLES, (const size_t[]){HEIGHT, WIDTH}, 2);
    assert_int_equal(mixup_dataset_normalize_by(colour, mean, deviation, 3), MIXUP_OK);
    assert_int_equal(mixup_dataset_normalize_by(plain, mean, deviation, 1), MIXUP_OK);
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++) {
        char name[40];
        snprintf(name, sizeof name, "%s.output", cases[c].name);
        const safetensors_entry *entry = safetensors_find(file, name);
        assert_non_null(entry);
        check_case(strcmp(cases[c].name, "plain") == 0 ? plain : colour, c, entry->data);
    }
    mixup_dataset_destroy(colour);
    mixup_dataset_destroy(plain);
    safetensors_destroy(file);
}

/* ---------------------------------------------------------------- by hand */

/* Two channels of 2 x 3. */
static const float small[12] = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};
static const size_t small_shape[] = {2, 2, 3};

static void move_by_hand(const mixup_augment *how, const augment_choice *choice, const float *expected) {
    mixup_dataset *set = make(small, MIXUP_FLOAT32, 1, small_shape, 3);
    const augmentation in = resolve(how, set);
    float got[12];
    augment_move(&in, choice, small, got);
    assert_floats(got, expected, 12);
    mixup_dataset_destroy(set);
}

static void a_flip_turns_each_row_of_each_channel_round(void **state) {
    (void)state;
    const mixup_augment how = {.horizontal_flip = true};
    move_by_hand(&how, &(augment_choice){.flip = true},
                 (const float[]){3, 2, 1, 6, 5, 4, 30, 20, 10, 60, 50, 40});
    move_by_hand(&how, &(augment_choice){.flip = false}, small);
}

static void a_crop_takes_a_window_out_of_the_padded_image(void **state) {
    (void)state;
    const mixup_augment how = {.crop_padding = 1};
    move_by_hand(&how, &(augment_choice){.top = 1, .left = 1}, small);
    move_by_hand(&how, &(augment_choice){.top = 0, .left = 0},
                 (const float[]){0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 10, 20});
    move_by_hand(&how, &(augment_choice){.top = 2, .left = 2},
                 (const float[]){5, 6, 0, 0, 0, 0, 50, 60, 0, 0, 0, 0});
}

static void the_crop_comes_before_the_flip(void **state) {
    (void)state;
    const mixup_augment how = {.crop_padding = 1, .horizontal_flip = true};
    move_by_hand(&how, &(augment_choice){.top = 1, .left = 0, .flip = true},
                 (const float[]){2, 1, 0, 5, 4, 0, 20, 10, 0, 50, 40, 0});
}

static void a_box_of_one_pixel_fills_the_image_and_the_whole_box_is_the_image(void **state) {
    (void)state;
    const mixup_augment how = {.resized_crop = true};
    move_by_hand(&how, &(augment_choice){.box = {1, 2, 1, 1}},
                 (const float[]){6, 6, 6, 6, 6, 6, 60, 60, 60, 60, 60, 60});
    move_by_hand(&how, &(augment_choice){.box = {0, 0, 2, 3}}, small);
}

/* Two columns over three pixels: centres at 1/3 - 1/2 (held at 0), 1/2 and 7/6 (held at 1). */
static void a_box_is_resized_between_pixel_centres(void **state) {
    (void)state;
    move_by_hand(&(mixup_augment){.resized_crop = true}, &(augment_choice){.box = {0, 1, 2, 2}},
                 (const float[]){2, 2.5f, 3, 5, 5.5f, 6, 20, 25, 30, 50, 55, 60});
}

static void cut_by_hand(size_t side, size_t row, size_t column, const float *expected) {
    mixup_dataset *set = make(small, MIXUP_FLOAT32, 1, small_shape, 3);
    const augmentation in = resolve(&(mixup_augment){.cutout = side}, set);
    float got[12];
    memcpy(got, small, sizeof got);
    augment_cut(&in, &(augment_choice){.row = row, .column = column}, got);
    assert_floats(got, expected, 12);
    mixup_dataset_destroy(set);
}

static void a_square_is_cut_out_as_far_as_it_lies_in_the_image(void **state) {
    (void)state;
    cut_by_hand(2, 1, 1, (const float[]){0, 0, 3, 0, 0, 6, 0, 0, 30, 0, 0, 60});
    cut_by_hand(2, 0, 0, (const float[]){0, 2, 3, 4, 5, 6, 0, 20, 30, 40, 50, 60});
    cut_by_hand(2, 0, 2, (const float[]){1, 0, 0, 4, 5, 6, 10, 0, 0, 40, 50, 60});
    cut_by_hand(3, 0, 2, (const float[]){1, 0, 0, 4, 0, 0, 10, 0, 0, 40, 0, 0});
    cut_by_hand(1, 1, 2, (const float[]){1, 2, 3, 4, 5, 0, 10, 20, 30, 40, 50, 0});
}

/* ---------------------------------------------------------------- what the network sees */

static void padding_is_black_before_and_a_cutout_zero_after_normalisation(void **state) {
    (void)state;
    const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {.inputs = ones, .count = 1, .shape = {4, 4}};
    assert_int_equal(mixup_dataset_from_arrays(&set, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_normalize_by(set, (const double[]){0.5}, (const double[]){0.25}, 1),
                     MIXUP_OK);
    const augmentation how = resolve(&(mixup_augment){.crop_padding = 3, .cutout = 2}, set);
    size_t counts[3] = {0, 0, 0}; /* of padding, cutout and image */
    for (uint32_t epoch = 0; epoch < 20; epoch++) {
        const augment_choice choice = augment_choose(&how, epoch, 0);
        float got[16];
        gather_one(set, &how, epoch, 0, got);
        for (size_t i = 0; i < 16; i++) {
            const size_t y = i / 4 + choice.top, x = i % 4 + choice.left; /* in the padded image */
            const bool inside = y >= 3 && y < 7 && x >= 3 && x < 7;
            const bool cut = i / 4 + 1 >= choice.row && i / 4 < choice.row + 1 &&
                             i % 4 + 1 >= choice.column && i % 4 < choice.column + 1;
            counts[cut ? 1 : inside ? 2 : 0]++;
            assert_true(got[i] == (cut ? 0.0f : inside ? 2.0f : -2.0f));
        }
    }
    assert_true(counts[0] > 0 && counts[1] > 0 && counts[2] > 0);
    mixup_dataset_destroy(set);
}

/* Where every feature has its own mean, a pixel is standardised by the place where it ends up. */
static void a_moved_pixel_takes_the_statistics_of_its_new_place(void **state) {
    (void)state;
    const float images[4] = {10, 200, 20, 100}; /* two samples of 1 x 2: means 15, 150, deviations 5, 50 */
    mixup_dataset *set = NULL;
    const mixup_arrays_desc desc = {.inputs = images, .count = 2, .shape = {1, 2}};
    assert_int_equal(mixup_dataset_from_arrays(&set, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_standardize(set, set), MIXUP_OK);
    const augmentation how =
        resolve(&(mixup_augment){.horizontal_flip = true, .flip_probability = 1.0f}, set);
    float got[2];
    gather_one(set, &how, 0, 0, got);
    assert_floats(got, (const float[]){37, -2.8f}, 2);
    mixup_dataset_destroy(set);
}

static void every_type_of_element_is_changed_alike(void **state) {
    (void)state;
    static const uint8_t bytes[6] = {0, 1, 2, 100, 101, 127};
    static const int8_t chars[6] = {0, 1, 2, 100, 101, 127};
    static const int64_t longs[6] = {0, 1, 2, 100, 101, 127};
    static const double doubles[6] = {0, 1, 2, 100, 101, 127};
    static const uint16_t halves[6] = {0x0000, 0x3C00, 0x4000, 0x5640, 0x5650, 0x57F0};
    const struct {
        const void *data;
        mixup_type type;
    } sources[] = {{bytes, MIXUP_UINT8},
                   {chars, MIXUP_INT8},
                   {longs, MIXUP_INT64},
                   {doubles, MIXUP_FLOAT64},
                   {halves, MIXUP_FLOAT16}};
    for (size_t s = 0; s < MIXUP_COUNT(sources); s++) {
        mixup_dataset *set = make(sources[s].data, sources[s].type, 1, (const size_t[]){2, 3}, 2);
        const augmentation how =
            resolve(&(mixup_augment){.horizontal_flip = true, .flip_probability = 1.0f}, set);
        float got[6];
        gather_one(set, &how, 0, 0, got);
        const float expected[6] = {2, 1, 0, 127, 101, 100};
        for (size_t i = 0; i < 6; i++)
            assert_true(got[i] == expected[i] / 255.0f);
        mixup_dataset_destroy(set);
    }
}

static mixup_status read_numbers(void *user, const size_t *indices, size_t count, float *inputs,
                                 float *targets) {
    (void)user;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < 4; k++)
            inputs[i * 4 + k] = (float)(10 * indices[i] + k);
        targets[i] = (float)indices[i];
    }
    return MIXUP_OK;
}

/* The number that chooses is that in the set, not that of the storage: the first sample of the last three. */
static void samples_of_a_callback_and_of_a_part_are_changed_by_their_number_in_the_set(void **state) {
    (void)state;
    mixup_dataset *whole = NULL, *rest = NULL, *part = NULL;
    const mixup_callback_desc desc = {.count = 5, .shape = {2, 2}, .target_count = 1, .read = read_numbers};
    assert_int_equal(mixup_dataset_from_callback(&whole, &desc), MIXUP_OK);
    assert_int_equal(mixup_dataset_split(whole, &(mixup_split_desc){.last = 3}, &rest, &part), MIXUP_OK);
    const augmentation how = resolve(&(mixup_augment){.horizontal_flip = true}, part);
    size_t flips = 0;
    for (uint32_t epoch = 0; epoch < 8; epoch++) {
        float inputs[12], targets[3], scratch[4];
        const gather_augmentation augment = {&how, epoch, scratch};
        assert_int_equal(dataset_gather_augmented(part, &augment, (const size_t[]){2, 0, 1}, 3, inputs,
                                                  targets, NULL),
                         MIXUP_OK);
        for (size_t i = 0; i < 3; i++) {
            const size_t index = ((const size_t[]){2, 0, 1})[i];
            const bool flip = augment_choose(&how, epoch, (uint32_t)index).flip;
            assert_true(targets[i] == (float)(index + 2));
            assert_true(inputs[4 * i] == (float)(10 * (index + 2) + flip));
            flips += flip;
        }
    }
    assert_true(flips > 0 && flips < 24);
    mixup_dataset_destroy(whole);
    mixup_dataset_destroy(rest);
    mixup_dataset_destroy(part);
}

/* ---------------------------------------------------------------- choices */

enum { DRAWS = 20000 };

/* How often each of `count` equally likely values came, within 5 deviations. */
static void assert_uniform(const size_t *counts, size_t count) {
    const double expected = (double)DRAWS / (double)count;
    for (size_t i = 0; i < count; i++)
        if (fabs((double)counts[i] - expected) > 5.0 * sqrt(expected))
            fail_msg("value %zu came %zu times, expected about %g", i, counts[i], expected);
}

static void places_are_uniform_and_flips_as_probable_as_asked(void **state) {
    (void)state;
    mixup_dataset *set = make(small, MIXUP_FLOAT32, 1, (const size_t[]){4, 3}, 2);
    const augmentation how = resolve(
        &(mixup_augment){.horizontal_flip = true, .flip_probability = 0.2f, .crop_padding = 2, .cutout = 2},
        set);
    size_t tops[5] = {0}, lefts[5] = {0}, rows[4] = {0}, columns[3] = {0}, both[25] = {0}, flips = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        const augment_choice choice = augment_choose(&how, i / 100, i % 100);
        flips += choice.flip;
        tops[choice.top]++;
        lefts[choice.left]++;
        both[choice.top * 5 + choice.left]++;
        rows[choice.row]++;
        columns[choice.column]++;
    }
    assert_uniform(tops, 5);
    assert_uniform(lefts, 5);
    assert_uniform(both, 25);
    assert_uniform(rows, 4);
    assert_uniform(columns, 3);
    assert_true(fabs((double)flips / DRAWS - 0.2) < 5.0 * sqrt(0.2 * 0.8 / DRAWS));
    mixup_dataset_destroy(set);
}

/* A large image, so that rounding to pixels and windows that do not fit hardly count. */
static void resized_crops_have_uniform_areas_and_uniform_logarithms_of_their_ratios(void **state) {
    (void)state;
    const augmentation how = {
        .how = {.resized_crop = true, .crop_area = {0.1f, 0.5f}, .crop_ratio = {0.5f, 2.0f}},
        .image = {3, 1000, 1000},
        .seed = 3};
    double area_sum = 0, area_squares = 0, ratio_sum = 0, ratio_squares = 0, place_sum = 0;
    for (uint32_t i = 0; i < DRAWS; i++) {
        const augment_choice choice = augment_choose(&how, 0, i);
        const size_t *box = choice.box;
        assert_true(box[0] + box[2] <= 1000 && box[1] + box[3] <= 1000);
        const double area = (double)(box[2] * box[3]) / 1e6;
        const double ratio = log((double)box[3] / (double)box[2]);
        assert_true(area > 0.0995 && area < 0.5005 && fabs(ratio) < log(2.0) + 0.01);
        area_sum += area;
        area_squares += (area - 0.3) * (area - 0.3);
        ratio_sum += ratio;
        ratio_squares += ratio * ratio;
        place_sum += (double)box[1] / (double)(1000 - box[3]);
    }
    const double sides = 0.4 / sqrt(12.0), spread = log(4.0) / sqrt(12.0); /* deviations of the uniforms */
    assert_true(fabs(area_sum / DRAWS - 0.3) < 5.0 * sides / sqrt(DRAWS));
    assert_true(fabs(sqrt(area_squares / DRAWS) - sides) < 0.01 * sides);
    assert_true(fabs(ratio_sum / DRAWS) < 5.0 * spread / sqrt(DRAWS));
    assert_true(fabs(sqrt(ratio_squares / DRAWS) - spread) < 0.01 * spread);
    assert_true(fabs(place_sum / DRAWS - 0.5) < 5.0 / sqrt(12.0 * DRAWS));
}

static void one_change_more_leaves_the_others_as_they_were(void **state) {
    (void)state;
    mixup_dataset *set = make(small, MIXUP_FLOAT32, 1, (const size_t[]){4, 3}, 2);
    const augmentation some = resolve(&(mixup_augment){.horizontal_flip = true, .cutout = 1}, set);
    const augmentation more = resolve(
        &(mixup_augment){.horizontal_flip = true, .cutout = 1, .crop_padding = 2, .resized_crop = true}, set);
    augmentation other = some;
    other.seed++;
    size_t same = 0;
    for (uint32_t i = 0; i < 64; i++) {
        const augment_choice a = augment_choose(&some, 5, i);
        const augment_choice b = augment_choose(&more, 5, i);
        const augment_choice c = augment_choose(&other, 5, i);
        assert_true(a.flip == b.flip && a.row == b.row && a.column == b.column);
        same += a.flip == c.flip && a.row == c.row && a.column == c.column;
    }
    assert_true(same < 20);
    mixup_dataset_destroy(set);
}

/* ---------------------------------------------------------------- refusals */

static void what_is_no_image_or_makes_no_sense_is_refused(void **state) {
    (void)state;
    mixup_dataset *flat = make(small, MIXUP_FLOAT32, 1, (const size_t[]){12}, 1);
    mixup_dataset *deep = make(small, MIXUP_FLOAT32, 1, (const size_t[]){1, 2, 2, 3}, 4);
    mixup_dataset *set = make(small, MIXUP_FLOAT32, 1, small_shape, 3);
    const struct {
        const mixup_dataset *set;
        mixup_augment how;
        mixup_status status;
        const char *part;
    } wrong[] = {
        {flat, {.horizontal_flip = true}, MIXUP_ERROR_SHAPE, "the inputs are 12; only images"},
        {deep, {.cutout = 1}, MIXUP_ERROR_SHAPE, "only images"},
        {set, {.flip_probability = -0.1f}, MIXUP_ERROR_ARGUMENT, "flip_probability: -0.1"},
        {set, {.flip_probability = 1.5f}, MIXUP_ERROR_ARGUMENT, "flip_probability: 1.5"},
        {set, {.flip_probability = NAN}, MIXUP_ERROR_ARGUMENT, "flip_probability: nan"},
        {set,
         {.crop_padding = 2},
         MIXUP_ERROR_ARGUMENT,
         "crop_padding: 2 for images of 2 x 3; must be below 2"},
        {set, {.cutout = 4}, MIXUP_ERROR_ARGUMENT, "cutout: 4 for images of 2 x 3; must be at most 3"},
        {set, {.crop_area = {0.5f, 0.2f}}, MIXUP_ERROR_ARGUMENT, "crop_area: [0.5, 0.2]"},
        {set, {.crop_area = {0.5f, 1.5f}}, MIXUP_ERROR_ARGUMENT, "crop_area: [0.5, 1.5]"},
        {set, {.crop_area = {0.0f, 0.5f}}, MIXUP_ERROR_ARGUMENT, "crop_area: [0, 0.5]"},
        {set, {.crop_ratio = {2.0f, NAN}}, MIXUP_ERROR_ARGUMENT, "crop_ratio: [2, nan]"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(wrong); i++) {
        augmentation out = {.seed = 77};
        assert_failed(augment_resolve(&wrong[i].how, wrong[i].set->preprocess, 1, &out), wrong[i].status,
                      wrong[i].part);
        assert_true(out.seed == 77);
    }
    augmentation out;
    assert_int_equal(augment_resolve(&(mixup_augment){0}, flat->preprocess, 1, &out), MIXUP_OK);
    assert_false(augment_wanted(&out.how));
    mixup_dataset_destroy(flat);
    mixup_dataset_destroy(deep);
    mixup_dataset_destroy(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_change_is_that_of_numpy_and_pytorch),
        cmocka_unit_test(a_flip_turns_each_row_of_each_channel_round),
        cmocka_unit_test(a_crop_takes_a_window_out_of_the_padded_image),
        cmocka_unit_test(the_crop_comes_before_the_flip),
        cmocka_unit_test(a_box_of_one_pixel_fills_the_image_and_the_whole_box_is_the_image),
        cmocka_unit_test(a_box_is_resized_between_pixel_centres),
        cmocka_unit_test(a_square_is_cut_out_as_far_as_it_lies_in_the_image),
        cmocka_unit_test(padding_is_black_before_and_a_cutout_zero_after_normalisation),
        cmocka_unit_test(a_moved_pixel_takes_the_statistics_of_its_new_place),
        cmocka_unit_test(every_type_of_element_is_changed_alike),
        cmocka_unit_test(samples_of_a_callback_and_of_a_part_are_changed_by_their_number_in_the_set),
        cmocka_unit_test(places_are_uniform_and_flips_as_probable_as_asked),
        cmocka_unit_test(resized_crops_have_uniform_areas_and_uniform_logarithms_of_their_ratios),
        cmocka_unit_test(one_change_more_leaves_the_others_as_they_were),
        cmocka_unit_test(what_is_no_image_or_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
