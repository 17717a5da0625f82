/* Element types: sizes, names, conversions, allocation. */
#include "support/failing_allocator.h"

#include "tensor/array.h"

#include <float.h>
#include <math.h>

static void every_type_has_a_size_and_a_name(void **state) {
    (void)state;
    for (int type = 0; type < MIXUP_TYPE_COUNT; type++) {
        assert_int_not_equal(type_size((mixup_type)type), 0);
        assert_string_not_equal(type_name((mixup_type)type), "unknown");
    }
    assert_int_equal(type_size(MIXUP_FLOAT32), 4);
    assert_int_equal(type_size(MIXUP_INT64), 8);
    assert_string_equal(type_name(MIXUP_UINT16), "uint16");
}

static void an_unknown_type_has_no_size(void **state) {
    (void)state;
    assert_int_equal(type_size(MIXUP_TYPE_COUNT), 0);
    assert_string_equal(type_name((mixup_type)77), "unknown");
    const mixup_allocator allocator = memory_allocator(NULL);
    array out = {.type = (mixup_type)77, .shape = {.rank = 1, .sizes = {3}}};
    assert_int_equal(array_allocate(&out, &allocator), MIXUP_ERROR_ARGUMENT);
    assert_null(out.data);
}

static void check_conversion(mixup_type type, const void *data, const double *expected, size_t count) {
    float converted[8];
    array_to_float(type, data, count, converted);
    for (size_t i = 0; i < count; i++) {
        assert_true(converted[i] == (float)expected[i]);
        assert_true(array_element(type, data, i) == expected[i]);
    }
}

static void every_integer_type_converts_its_extremes(void **state) {
    (void)state;
    check_conversion(MIXUP_UINT8, (const uint8_t[]){0, 255}, (const double[]){0, 255}, 2);
    check_conversion(MIXUP_INT8, (const int8_t[]){-128, 127}, (const double[]){-128, 127}, 2);
    check_conversion(MIXUP_INT16, (const int16_t[]){INT16_MIN, INT16_MAX}, (const double[]){-32768, 32767},
                     2);
    check_conversion(MIXUP_UINT16, (const uint16_t[]){0, UINT16_MAX}, (const double[]){0, 65535}, 2);
    check_conversion(MIXUP_INT32, (const int32_t[]){INT32_MIN, INT32_MAX},
                     (const double[]){-2147483648.0, 2147483647.0}, 2);
    check_conversion(MIXUP_INT64, (const int64_t[]){INT64_MIN, -1, 1}, (const double[]){-0x1p63, -1, 1}, 3);
    check_conversion(MIXUP_BOOL, (const uint8_t[]){0, 1, 2}, (const double[]){0, 1, 1}, 3);
}

static void floats_convert(void **state) {
    (void)state;
    check_conversion(MIXUP_FLOAT32, (const float[]){-1.5F, FLT_MAX}, (const double[]){-1.5, FLT_MAX}, 2);
    check_conversion(MIXUP_FLOAT64, (const double[]){-0.1, 1e300}, (const double[]){-0.1, 1e300}, 2);
}

/* Against the definition, value by value. */
static void every_float16_converts(void **state) {
    (void)state;
    for (unsigned bits = 0; bits < 0x10000U; bits++) {
        const uint16_t half = (uint16_t)bits;
        const int exponent = (int)(bits >> 10 & 31U);
        const double fraction = (double)(bits & 1023U) / 1024;
        double expected = exponent == 0 ? ldexp(fraction, -14) : ldexp(1 + fraction, exponent - 15);
        if (exponent == 31)
            expected = fraction == 0 ? (double)INFINITY : (double)NAN;
        expected = (bits & 0x8000U) != 0 ? -expected : expected;
        const double value = array_element(MIXUP_FLOAT16, &half, 0);
        float converted = 0;
        array_to_float(MIXUP_FLOAT16, &half, 1, &converted);
        if (isnan(expected)) {
            assert_true(isnan(value) && isnan(converted));
            continue;
        }
        assert_true(value == expected && (double)converted == expected);
        assert_int_equal(!signbit(value), !signbit(expected));
    }
}

static void allocated_data_are_zero(void **state) {
    (void)state;
    failing_allocator memory = {0};
    const mixup_allocator hooks = failing_allocator_hooks(&memory);
    array out = {.type = MIXUP_INT16, .shape = {.rank = 2, .sizes = {3, 5}}};
    assert_int_equal(array_allocate(&out, &hooks), MIXUP_OK);
    for (size_t i = 0; i < 15; i++)
        assert_true(array_element(MIXUP_INT16, out.data, i) == 0);
    array_clear(&out, &hooks);
    assert_null(out.data);
    assert_int_equal(atomic_load(&memory.live), 0);
    array_clear(&out, &hooks);
}

static void a_shape_beyond_the_address_space_is_refused(void **state) {
    (void)state;
    const mixup_allocator allocator = memory_allocator(NULL);
    array out = {.type = MIXUP_UINT8, .shape = {.rank = 2, .sizes = {SIZE_MAX / 2, 3}}};
    assert_int_equal(array_allocate(&out, &allocator), MIXUP_ERROR_MEMORY);
    out = (array){.type = MIXUP_FLOAT64, .shape = {.rank = 1, .sizes = {SIZE_MAX / 4}}};
    assert_int_equal(array_allocate(&out, &allocator), MIXUP_ERROR_MEMORY);
    assert_null(out.data);
}

static mixup_status allocate(const mixup_allocator *allocator, void *user) {
    (void)user;
    array out = {.type = MIXUP_FLOAT32, .shape = {.rank = 1, .sizes = {9}}};
    const mixup_status status = array_allocate(&out, allocator);
    array_clear(&out, allocator);
    return status;
}

static void a_failed_allocation_is_an_error(void **state) {
    (void)state;
    assert_int_equal(fail_every_allocation(allocate, NULL), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_size_and_a_name),
        cmocka_unit_test(an_unknown_type_has_no_size),
        cmocka_unit_test(every_integer_type_converts_its_extremes),
        cmocka_unit_test(floats_convert),
        cmocka_unit_test(every_float16_converts),
        cmocka_unit_test(allocated_data_are_zero),
        cmocka_unit_test(a_shape_beyond_the_address_space_is_refused),
        cmocka_unit_test(a_failed_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
