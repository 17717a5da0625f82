/* JPEG and PNG images of Pillow's, decoded and fitted as Pillow does it, and damaged ones. */
#include "support/damaged_file.h"

#include "format/image.h"

#include <math.h>

#define FIXTURES "tests/fixtures/images/"

static mixup_status decode_file(const char *path, const mixup_allocator *allocator, image *out) {
    size_t size = 0;
    char *data = read_bytes(path, &size);
    const mixup_status status = image_decode(data, size, allocator, out);
    free(data);
    return status;
}

/* No byte differs from `path` by more than `most`. */
static void assert_near(const uint8_t *pixels, size_t count, const char *path, int most) {
    size_t size = 0;
    char *expected = read_bytes(path, &size);
    assert_int_equal(size, count);
    for (size_t i = 0; i < count; i++)
        if (abs((int)pixels[i] - (int)(uint8_t)expected[i]) > most)
            fail_msg("%s: byte %zu is %u, expected %u", path, i, pixels[i], (uint8_t)expected[i]);
    free(expected);
}

static void every_kind_is_decoded_as_by_pillow(void **state) {
    (void)state;
    static const struct {
        const char *path, *raw;
        size_t channels;
        int most; /* the colour conversion of another libjpeg may round the other way */
    } cases[] = {
        {FIXTURES "colour.jpg", FIXTURES "colour.jpg.raw", 3, 2},
        {FIXTURES "progressive.jpg", FIXTURES "progressive.jpg.raw", 3, 2},
        {FIXTURES "grey.jpg", FIXTURES "grey.jpg.raw", 1, 1},
        /* Inks as stored have no conversion in libjpeg, and the integer transform knows one result. Those of
         * YCCK have the colours', which the product with black, at most 1, does not enlarge. */
        {FIXTURES "cmyk.jpg", FIXTURES "cmyk.jpg.raw", 3, 0},
        {FIXTURES "cmyk_bare.jpg", FIXTURES "cmyk_bare.jpg.raw", 3, 0},
        {FIXTURES "ycck.jpg", FIXTURES "ycck.jpg.raw", 3, 2},
        {FIXTURES "colour.png", FIXTURES "colour.png.raw", 3, 0},
        {FIXTURES "grey.png", FIXTURES "grey.png.raw", 1, 0},
        {FIXTURES "one_bit.png", FIXTURES "one_bit.png.raw", 1, 0},
        {FIXTURES "palette.png", FIXTURES "palette.png.raw", 3, 0},
        {FIXTURES "alpha.png", FIXTURES "alpha.png.raw", 3, 0},
        {FIXTURES "interlaced.png", FIXTURES "interlaced.png.raw", 3, 0},
        {FIXTURES "deep_grey.png", FIXTURES "deep_grey.png.raw", 1, 0},
        {FIXTURES "deep_colour.png", FIXTURES "deep_colour.png.raw", 3, 0}, /* interlaced, too */
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        image in;
        if (decode_file(cases[i].path, NULL, &in) != MIXUP_OK)
            fail_msg("%s: %s", cases[i].path, mixup_last_error());
        assert_int_equal(in.channels, cases[i].channels);
        assert_int_equal(in.height, 7);
        assert_int_equal(in.width, 11);
        assert_near(in.pixels, in.channels * 77, cases[i].raw, cases[i].most);
        image_clear(&in, NULL);
    }
}

static void images_are_fitted_as_by_pillow(void **state) {
    (void)state;
    image in;
    uint8_t pixels[3 * 60 * 60];
    assert_int_equal(decode_file(FIXTURES "large.png", NULL, &in), MIXUP_OK);
    assert_int_equal(image_fit(&in, 3, 10, 10, NULL, pixels), MIXUP_OK);
    assert_near(pixels, 300, FIXTURES "shrunk.raw", 1); /* Pillow rounds between columns and rows */
    assert_int_equal(image_fit(&in, 3, 60, 60, NULL, pixels), MIXUP_OK);
    assert_near(pixels, 10800, FIXTURES "grown.raw", 1);
    image_clear(&in, NULL);
}

static void fitting_gives_the_values_worked_out_by_hand(void **state) {
    (void)state;
    uint8_t row[4] = {0, 100, 200, 40};
    uint8_t out[12];
    const image wide = {.channels = 1, .height = 1, .width = 4, .pixels = row};
    assert_int_equal(image_fit(&wide, 1, 1, 2, NULL, out), MIXUP_OK); /* the middle */
    assert_int_equal(out[0], 100);
    assert_int_equal(out[1], 200);
    assert_int_equal(image_fit(&wide, 3, 1, 4, NULL, out), MIXUP_OK); /* repeated */
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(out[i], row[i % 4]);
    uint8_t square[16] = {0};
    square[0] = 160;
    const image spot = {.channels = 1, .height = 4, .width = 4, .pixels = square};
    assert_int_equal(image_fit(&spot, 1, 2, 2, NULL, out), MIXUP_OK);
    /* Centre 1, weights of pixels 0, 1, 2: 3/4, 3/4, 1/4 of 7/4, so 3/7 each way: 160 × 9/49. Centre 3: pixel
     * 0 has none. */
    assert_int_equal(out[0], 29);
    assert_int_equal(out[1], 0);
    assert_int_equal(out[3], 0);
    uint8_t colours[3] = {200, 100, 50};
    const image dot = {.channels = 3, .height = 1, .width = 1, .pixels = colours};
    assert_int_equal(image_fit(&dot, 1, 1, 1, NULL, out), MIXUP_OK);
    assert_int_equal(out[0], 124); /* 59.8 + 58.7 + 5.7 */
}

static void inks_become_the_grey_of_their_colours(void **state) {
    (void)state;
    image in;
    uint8_t grey[77];
    size_t size = 0;
    char *colours = read_bytes(FIXTURES "cmyk.jpg.raw", &size); /* [3][7][11] */
    assert_int_equal(decode_file(FIXTURES "cmyk.jpg", NULL, &in), MIXUP_OK);
    assert_int_equal(image_fit(&in, 1, 7, 11, NULL, grey), MIXUP_OK);
    for (size_t i = 0; i < 77; i++) {
        const uint8_t *at = (const uint8_t *)colours + i;
        const double expected = 0.299 * at[0] + 0.587 * at[77] + 0.114 * at[154]; /* BT.601 */
        assert_true(fabs(grey[i] - expected) <= 0.5001); /* rounded, from a sum of floats */
    }
    free(colours);
    image_clear(&in, NULL);
}

static mixup_status read_all(const char *path, const mixup_allocator *allocator) {
    image in;
    MIXUP_TRY(decode_file(path, allocator, &in));
    uint8_t pixels[3 * 5 * 5];
    const mixup_status status = image_fit(&in, 3, 5, 5, allocator, pixels);
    image_clear(&in, allocator);
    return status;
}

/* `size` bytes in a block of just that size, so that a sanitizer sees a read behind them. */
static mixup_status read_exactly(const char *data, size_t size) {
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);
    image in;
    uint8_t pixels[3 * 5 * 5];
    const mixup_status status = image_decode(copy, size, &hooks, &in);
    if (status == MIXUP_OK) {
        assert_int_equal(image_fit(&in, 3, 5, 5, &hooks, pixels), MIXUP_OK);
        image_clear(&in, &hooks);
    }
    free(copy);
    assert_int_equal(atomic_load(&memory.live), 0);
    return status;
}

static void damaged_images_are_refused_or_read_within_bounds(void **state) {
    (void)state;
    static const char *const paths[] = {
        FIXTURES "colour.jpg",  FIXTURES "progressive.jpg", FIXTURES "grey.jpg",       FIXTURES "ycck.jpg",
        FIXTURES "colour.png",  FIXTURES "grey.png",        FIXTURES "one_bit.png",    FIXTURES "alpha.png",
        FIXTURES "palette.png", FIXTURES "interlaced.png",  FIXTURES "deep_colour.png"};
    for (size_t i = 0; i < MIXUP_COUNT(paths); i++) {
        size_t size = 0;
        char *data = read_bytes(paths[i], &size);
        for (size_t length = 0; length < size; length++)
            if (read_exactly(data, length) != MIXUP_ERROR_FORMAT)
                fail_msg("%s cut to %zu of %zu bytes is not refused as malformed", paths[i], length, size);
        for (size_t at = 0; at < size; at++) {
            data[at] = (char)(data[at] ^ (1 << at % 8));
            (void)read_exactly(data, size);
            data[at] = (char)(data[at] ^ (1 << at % 8));
        }
        assert_int_equal(read_exactly(data, size), MIXUP_OK);
        free(data);
    }
}

static void what_cannot_be_read_says_why(void **state) {
    (void)state;
    image in = {.height = 77};
    assert_int_equal(decode_file(FIXTURES "two_components.jpg", NULL, &in), MIXUP_ERROR_UNSUPPORTED);
    assert_non_null(strstr(mixup_last_error(), "a JPEG of 2 components"));
    assert_int_equal(image_decode("GIF89a", 6, NULL, &in), MIXUP_ERROR_FORMAT);
    assert_non_null(strstr(mixup_last_error(), "neither a JPEG nor a PNG"));
    size_t size = 0;
    char *data = read_bytes(FIXTURES "colour.jpg", &size);
    for (size_t at = 0; at + 8 < size; at++) /* the frame's header claims 65535 × 65535 */
        if ((uint8_t)data[at] == 0xFF && (uint8_t)data[at + 1] == 0xC0)
            memset(data + at + 5, 0xFF, 4);
    assert_int_not_equal(image_decode(data, size, NULL, &in), MIXUP_OK);
    free(data);
    assert_int_equal(in.height, 77);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    return read_all(user, allocator);
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    char jpeg[] = FIXTURES "colour.jpg";
    char png[] = FIXTURES "palette.png";
    assert_true(fail_every_allocation(run, jpeg) >= 6);
    assert_true(fail_every_allocation(run, png) >= 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_decoded_as_by_pillow),
        cmocka_unit_test(inks_become_the_grey_of_their_colours),
        cmocka_unit_test(images_are_fitted_as_by_pillow),
        cmocka_unit_test(fitting_gives_the_values_worked_out_by_hand),
        cmocka_unit_test(damaged_images_are_refused_or_read_within_bounds),
        cmocka_unit_test(what_cannot_be_read_says_why),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
