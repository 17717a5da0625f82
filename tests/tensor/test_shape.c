/* Shapes from public arrays, comparison, text. */
#include "support/failing_allocator.h"

#include "tensor/shape.h"

static void a_shape_ends_at_the_first_zero(void **state) {
    (void)state;
    shape out = {0};
    assert_int_equal(shape_from_sizes((const size_t[]){28, 3, 0, 0}, 4, "input", &out), MIXUP_OK);
    assert_int_equal(out.rank, 2);
    assert_int_equal(shape_count(&out), 84);
    assert_string_equal(shape_to_text(&out).text, "28x3");
}

static void a_full_array_needs_no_zero(void **state) {
    (void)state;
    shape out = {0};
    assert_int_equal(shape_from_sizes((const size_t[]){2, 3, 4, 5}, 4, "input", &out), MIXUP_OK);
    assert_int_equal(out.rank, 4);
    assert_string_equal(shape_to_text(&out).text, "2x3x4x5");
}

static void the_longest_text_fits(void **state) {
    (void)state;
    shape out = {.rank = SHAPE_MAX_RANK};
    for (size_t i = 0; i < out.rank; i++)
        out.sizes[i] = SIZE_MAX;
    assert_int_equal(strlen(shape_to_text(&out).text), 20 * SHAPE_MAX_RANK + SHAPE_MAX_RANK - 1);
}

static void assert_refused(const size_t *sizes, size_t limit, mixup_status expected) {
    shape out = {.rank = 3, .sizes = {7, 7, 7}};
    assert_int_equal(shape_from_sizes(sizes, limit, "input", &out), expected);
    assert_int_equal(out.rank, 3);
    assert_int_equal(out.sizes[0], 7);
}

static void wrong_shapes_are_refused_and_the_output_kept(void **state) {
    (void)state;
    assert_refused((const size_t[]){0, 0}, 2, MIXUP_ERROR_SHAPE);
    assert_refused((const size_t[]){3, 0, 2}, 3, MIXUP_ERROR_SHAPE);
    assert_non_null(strstr(mixup_last_error(), "input: "));
    assert_refused((const size_t[]){SIZE_MAX, 2}, 2, MIXUP_ERROR_MEMORY);
}

static void shapes_are_equal_only_in_rank_and_sizes(void **state) {
    (void)state;
    const shape a = {.rank = 2, .sizes = {2, 3}};
    const shape b = {.rank = 2, .sizes = {3, 2}};
    const shape c = {.rank = 3, .sizes = {2, 3, 1}};
    assert_true(shape_equal(&a, &a));
    assert_false(shape_equal(&a, &b));
    assert_false(shape_equal(&a, &c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_ends_at_the_first_zero),
        cmocka_unit_test(a_full_array_needs_no_zero),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(wrong_shapes_are_refused_and_the_output_kept),
        cmocka_unit_test(shapes_are_equal_only_in_rank_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
