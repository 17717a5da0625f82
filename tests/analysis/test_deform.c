/* Rotation, shear and zoom: by hand where they are exact, against SciPy where they are not, and how often a
 * network is right on what they make. */
#include "analysis/fixture.h"

#include "analysis/deform.h"

static const double PI = 3.14159265358979323846;

static void expect_image(const float *image, const float *expected, size_t count, double tolerance,
                         const char *what) {
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)image[i] - (double)expected[i]) <= tolerance))
            fail_msg("%s: value %zu is %g, expected %g", what, i, (double)image[i], (double)expected[i]);
}

static const image_shape THREE = {.channels = 1, .height = 3, .width = 3};
static const float NINE[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

/* out[r][c] = image[2 - c][r] for a quarter turn; either interpolation. */
static void turns_by_right_angles_are_exact(void **state) {
    (void)state;
    static const float quarter[] = {7, 4, 1, 8, 5, 2, 9, 6, 3}, half[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    const double ninety[4] = {cos(PI / 2), -sin(PI / 2), sin(PI / 2), cos(PI / 2)};
    const double around[4] = {cos(PI), -sin(PI), sin(PI), cos(PI)};
    for (int bilinear = 0; bilinear < 2; bilinear++) {
        float out[9];
        deform_apply(&THREE, ninety, bilinear != 0, NINE, out);
        expect_image(out, quarter, 9, 0.0, "a quarter turn");
        deform_apply(&THREE, around, bilinear != 0, NINE, out);
        expect_image(out, half, 9, 0.0, "half a turn");
    }
}

/* An even number of pixels has its centre between two of them; channels do not mix. */
static void half_a_turn_of_an_even_image_reverses_its_channels(void **state) {
    (void)state;
    const image_shape size = {.channels = 2, .height = 2, .width = 4};
    const double around[4] = {cos(PI), -sin(PI), sin(PI), cos(PI)};
    float image[16], out[16], reversed[16];
    for (size_t i = 0; i < 16; i++) {
        image[i] = (float)i;
        reversed[i / 8 * 8 + 7 - i % 8] = (float)i;
    }
    for (int bilinear = 0; bilinear < 2; bilinear++) {
        deform_apply(&size, around, bilinear != 0, image, out);
        expect_image(out, reversed, 16, 0.0, "half a turn");
    }
}

/* With s = 90 degrees: out[r][c] = image[r - (c - 1)][1]. */
static void a_shear_by_a_right_angle_repeats_the_middle_column(void **state) {
    (void)state;
    static const float expected[] = {5, 2, 0, 8, 5, 2, 0, 8, 5};
    const double sheared[4] = {1, -sin(PI / 2), 0, cos(PI / 2)};
    float out[9];
    deform_apply(&THREE, sheared, false, NINE, out);
    expect_image(out, expected, 9, 0.0, "a shear");
}

static void a_zoom_enlarges_the_middle_or_leaves_a_border(void **state) {
    (void)state;
    const image_shape size = {.channels = 1, .height = 4, .width = 4};
    float image[16], out[16];
    for (size_t i = 0; i < 16; i++)
        image[i] = (float)(i + 1);
    double matrix[4];
    static const float middle[] = {6, 6, 7, 7, 6, 6, 7, 7, 10, 10, 11, 11, 10, 10, 11, 11};
    deform_matrix(DEFORM_ZOOM, 50.0, 1, 2, matrix);
    deform_apply(&size, matrix, false, image, out);
    expect_image(out, middle, 16, 0.0, "zoom 50 %");
    static const float shrunk[] = {0, 0, 0, 0, 0, 3.5f, 5.5f, 0, 0, 11.5f, 13.5f, 0, 0, 0, 0, 0};
    deform_matrix(DEFORM_ZOOM, 200.0, 1, 2, matrix);
    deform_apply(&size, matrix, true, image, out);
    expect_image(out, shrunk, 16, 0.0, "zoom 200 %, means of four");
    deform_matrix(DEFORM_ZOOM, 100.0, 1, 2, matrix);
    deform_apply(&size, matrix, false, image, out);
    expect_image(out, image, 16, 0.0, "zoom 100 %");
}

/* Angles, matrices, nearest and bilinear values together. SciPy's numbers were rounded to single precision.
 */
static void images_are_what_scipy_makes(void **state) {
    (void)state;
    static const struct {
        deform_kind kind;
        double amount;
        const char *name;
    } cases[] = {
        {DEFORM_ROTATION, 35, "rotation_35"}, {DEFORM_ROTATION, 90, "rotation_90"},
        {DEFORM_SHEAR, 28.6, "shear_28.6"},   {DEFORM_SHEAR, 171.9, "shear_171.9"},
        {DEFORM_ZOOM, 37, "zoom_37"},         {DEFORM_ZOOM, 143, "zoom_143"},
    };
    enum { SAMPLES = 3, VALUES = 2 * 7 * 6 };
    const image_shape size = {.channels = 2, .height = 7, .width = 6};
    safetensors *file = fixture_open();
    const float *image = fixture_floats(file, "image");
    for (size_t c = 0; c < MIXUP_COUNT(cases); c++)
        for (int bilinear = 0; bilinear < 2; bilinear++) {
            char name[64];
            snprintf(name, sizeof name, "deform/%s/%s", cases[c].name,
                     bilinear != 0 ? "bilinear" : "nearest");
            const float *expected = fixture_floats(file, name);
            for (size_t s = 0; s < SAMPLES; s++) {
                double matrix[4];
                float out[VALUES];
                deform_matrix(cases[c].kind, cases[c].amount, 0x123456789, s, matrix);
                deform_apply(&size, matrix, bilinear != 0, image, out);
                expect_image(out, expected + s * VALUES, VALUES, bilinear != 0 ? 1e-6 : 0.0, name);
            }
        }
    safetensors_destroy(file);
}

static void angles_are_uniform_and_grow_with_the_amount(void **state) {
    (void)state;
    enum { SAMPLES = 2000 };
    double sum = 0.0, square = 0.0;
    for (size_t s = 0; s < SAMPLES; s++) {
        double matrix[4], twice[4], other[4];
        deform_matrix(DEFORM_ROTATION, 20, 3, s, matrix);
        deform_matrix(DEFORM_ROTATION, 40, 3, s, twice);
        deform_matrix(DEFORM_ROTATION, 20, 4, s, other);
        const double angle = atan2(matrix[2], matrix[0]) * 180 / PI;
        assert_true(fabs(angle) <= 20);
        assert_true(fabs(atan2(twice[2], twice[0]) * 180 / PI - 2 * angle) < 1e-9);
        assert_true(matrix[2] != other[2]); /* NOLINT: another seed, another angle */
        sum += angle / 20;
        square += angle / 20 * angle / 20;
    }
    /* Uniform in [-1, 1] has mean 0 and mean square 1/3; five standard deviations of the means of 2000. */
    assert_true(fabs(sum / SAMPLES) < 5 * sqrt(1.0 / 3 / SAMPLES));
    assert_true(fabs(square / SAMPLES - 1.0 / 3) < 5 * sqrt(4.0 / 45 / SAMPLES));
}

/* Eight images of 4 × 4: in those of class 1 the first pixel is bright; a network that looks there alone. */
static mixup_dataset *corners(void) {
    float inputs[8 * 16] = {0};
    int32_t labels[8];
    for (size_t i = 0; i < 8; i++) {
        labels[i] = i >= 4;
        inputs[i * 16] = (float)labels[i];
        inputs[i * 16 + 5] = 0.25f; /* enlarged, it reaches the corner and says nothing */
    }
    return set_of(&(mixup_arrays_desc){
        .inputs = inputs, .count = 8, .shape = {4, 4}, .labels = labels, .class_count = 2});
}

static mixup_model *corner_watcher(void) {
    const mixup_layer layers[] = {
        {.op = MIXUP_FLATTEN}, {.op = MIXUP_DENSE, .units = 2, .name = "last", .activation = MIXUP_SOFTMAX}};
    mixup_model *model =
        model_of(&(mixup_model_desc){.input = {4, 4}, .layers = layers, .layer_count = MIXUP_COUNT(layers)});
    float weight[32] = {0};
    const float bias[2] = {0, -0.5f};
    weight[16] = 1;
    expect_ok(mixup_parameter_write(model, "last.weight", weight, 32));
    expect_ok(mixup_parameter_write(model, "last.bias", bias, 2));
    return model;
}

static void accuracy_is_that_on_the_deformed_images(void **state) {
    (void)state;
    mixup_dataset *set = corners();
    mixup_model *model = corner_watcher();
    const float zooms[] = {50, 100};
    const float none[] = {0};
    deform_desc desc;
    expect_ok(deform_resolve(&(deform_desc){.amounts = {none, NULL, zooms}, .counts = {1, 0, 2}}, &desc));
    assert_int_equal(deform_count(&desc), 3);
    robustness_baseline clean;
    robustness_outcome found[3];
    expect_ok(deform_measure(model, set, &desc, NULL, &clean, found));
    assert_true(clean.accuracy == 1.0);
    assert_true(found[0].accuracy == 1.0); /* turned by 0 degrees */
    assert_true(found[1].accuracy == 0.5); /* the corner is out of sight: all are class 0 */
    assert_true(found[1].fool_rate == 0.5);
    assert_true(found[2].accuracy == 1.0 && found[2].fool_rate == 0.0);
    /* Half the samples, spread over the sorted classes. */
    desc.samples = 4;
    expect_ok(deform_measure(model, set, &desc, NULL, &clean, found));
    assert_true(clean.accuracy == 1.0 && found[1].accuracy == 0.5);
    mixup_model_destroy(model);
    mixup_dataset_destroy(set);
}

static void the_default_amounts_are_the_papers(void **state) {
    (void)state;
    deform_desc desc;
    expect_ok(deform_resolve(&(deform_desc){0}, &desc));
    assert_int_equal(deform_count(&desc), 17);
    deform_kind kind = DEFORM_ZOOM;
    double amount = 0.0;
    deform_row(&desc, 3, &kind, &amount);
    assert_true(kind == DEFORM_ROTATION && amount == 80.0);
    deform_row(&desc, 4, &kind, &amount);
    assert_true(kind == DEFORM_SHEAR && fabs(amount - 28.6) < 1e-5);
    deform_row(&desc, 16, &kind, &amount);
    assert_true(kind == DEFORM_ZOOM && amount == 180.0);
}

static void what_cannot_be_deformed_is_refused(void **state) {
    (void)state;
    const float negative[] = {-1}, nothing[] = {0};
    const float inputs[] = {1, 2, 3, 4};
    const int32_t labels[] = {0, 1};
    deform_desc desc;
    expect_refused(deform_resolve(&(deform_desc){.amounts = {negative}, .counts = {1}}, &desc),
                   MIXUP_ERROR_ARGUMENT, "rotation -1");
    expect_refused(deform_resolve(&(deform_desc){.amounts = {NULL, NULL, nothing}, .counts = {0, 0, 1}},
                                  &desc),
                   MIXUP_ERROR_ARGUMENT, "zoom 0");
    mixup_dataset *flat = set_of(
        &(mixup_arrays_desc){.inputs = inputs, .count = 2, .shape = {2}, .labels = labels, .class_count = 2});
    mixup_dataset *set = corners();
    mixup_model *model = corner_watcher();
    robustness_baseline clean;
    robustness_outcome found[17];
    expect_ok(deform_resolve(&(deform_desc){0}, &desc));
    expect_refused(deform_measure(model, flat, &desc, NULL, &clean, found), MIXUP_ERROR_SHAPE, "no images");
    const float targets[2] = {0.5f, 0.25f};
    mixup_dataset *numbers = set_of(&(mixup_arrays_desc){
        .inputs = inputs, .count = 1, .shape = {2, 2}, .targets = targets, .target_count = 2});
    expect_refused(deform_measure(model, numbers, &desc, NULL, &clean, found), MIXUP_ERROR_DATA,
                   "no classes");
    mixup_dataset_destroy(numbers);
    mixup_dataset_destroy(flat);
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
}

typedef struct sources {
    mixup_model *model;
    mixup_dataset *set;
} sources;

static mixup_status measure(const mixup_allocator *allocator, void *user) {
    const sources *from = user;
    deform_desc desc;
    robustness_baseline clean;
    robustness_outcome found[17];
    MIXUP_TRY(deform_resolve(&(deform_desc){0}, &desc));
    return deform_measure(from->model, from->set, &desc, allocator, &clean, found);
}

static void every_failed_allocation_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    sources from = {corner_watcher(), corners()};
    assert_true(fail_every_allocation(measure, &from) > 0);
    mixup_dataset_destroy(from.set);
    mixup_model_destroy(from.model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_by_right_angles_are_exact),
        cmocka_unit_test(half_a_turn_of_an_even_image_reverses_its_channels),
        cmocka_unit_test(a_shear_by_a_right_angle_repeats_the_middle_column),
        cmocka_unit_test(a_zoom_enlarges_the_middle_or_leaves_a_border),
        cmocka_unit_test(images_are_what_scipy_makes),
        cmocka_unit_test(angles_are_uniform_and_grow_with_the_amount),
        cmocka_unit_test(accuracy_is_that_on_the_deformed_images),
        cmocka_unit_test(the_default_amounts_are_the_papers),
        cmocka_unit_test(what_cannot_be_deformed_is_refused),
        cmocka_unit_test(every_failed_allocation_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
