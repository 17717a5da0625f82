/* Mean and deviation over seeds. */
#include "report/results_folder.h"

#include "report/spread.h"

#include <math.h>

static void mean_and_sample_deviation_over_the_seeds_that_have_the_metric(void **state) {
    (void)state;
    results_folder folder;
    results found;
    const mixup_allocator allocator = memory_allocator(NULL);
    results_folder_make(&folder);
    results_folder_add(&folder, "x/none/seed-1", "metrics.json", "{\"test_nll\": 1.0}");
    results_folder_add(&folder, "x/none/seed-2", "metrics.json", "{\"test_nll\": 2.0, \"once\": 5}");
    results_folder_add(&folder, "x/none/seed-3", "metrics.json", "{\"test_nll\": 6.0}");
    assert_int_equal(results_read(folder.path, &allocator, &found), MIXUP_OK);
    const results_variant *variant = &found.experiments[0].variants[0];
    const spread nll = spread_of(variant, "test_nll");
    assert_int_equal(nll.count, 3);
    assert_true(fabs(nll.mean - 3.0) < 1e-15);
    assert_true(fabs(nll.deviation - sqrt(7.0)) < 1e-15); /* (4 + 1 + 9) / 2 */
    const spread once = spread_of(variant, "once");
    assert_int_equal(once.count, 1);
    assert_true(once.mean == 5.0 && once.deviation == 0.0);
    assert_int_equal(spread_of(variant, "never").count, 0);
    results_clear(&found);
    results_folder_remove(&folder);
}

static void spreads_are_written_scaled_and_without_a_negative_zero(void **state) {
    (void)state;
    static const struct {
        spread value;
        double scale;
        const char *wanted;
    } cases[] = {
        {{0, 0.0, 0.0}, 1.0, "–"},
        {{1, 0.25, 0.0}, 100.0, "25.00"},
        {{3, -0.5, 0.125}, -100.0, "50.00 ± 12.50"},
        {{3, 0.0, 0.0}, -100.0, "0.00 ± 0.00"},
    };
    const mixup_allocator allocator = memory_allocator(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        text out;
        text_init(&out, &allocator);
        spread_write(&out, &cases[i].value, cases[i].scale, "%.2f", "%.2f ± %.2f");
        assert_string_equal(out.data, cases[i].wanted);
        text_clear(&out);
    }
}

/* What a reader sees decides: digits that are not shown make nothing better. */
static void the_best_of_a_row_is_marked_by_what_is_shown(void **state) {
    (void)state;
    static const spread none = {0, 0.0, 0.0};
    static const spread values[] = {{1, 0.97501, 0.0}, {1, 0.97502, 0.0}, {2, 0.5, 0.1}};
    spread_row row = spread_row_begin(1, SPREAD_PERCENT);
    spread_row_add(&row, &none);
    spread_row_add(&row, &values[0]);
    assert_false(spread_row_marks(&row, &values[0])); /* alone */
    spread_row_add(&row, &values[1]);
    assert_false(spread_row_marks(&row, &values[1])); /* both read 97.50 */
    spread_row_add(&row, &values[2]);
    assert_true(spread_row_marks(&row, &values[0]));
    assert_true(spread_row_marks(&row, &values[1]));
    assert_false(spread_row_marks(&row, &values[2]));
    assert_false(spread_row_marks(&row, &none));

    row = spread_row_begin(-1, 1.0, "%.1f s", "%.1f ± %.1f s");
    spread_row_add(&row, &values[0]);
    spread_row_add(&row, &values[2]);
    assert_true(spread_row_marks(&row, &values[2]));
    assert_false(spread_row_marks(&row, &values[0]));
    row = spread_row_begin(0, 1.0, "%.1f", "%.1f");
    spread_row_add(&row, &values[0]);
    spread_row_add(&row, &values[2]);
    assert_false(spread_row_marks(&row, &values[0]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spreads_are_written_scaled_and_without_a_negative_zero),
        cmocka_unit_test(the_best_of_a_row_is_marked_by_what_is_shown),
        cmocka_unit_test(mean_and_sample_deviation_over_the_seeds_that_have_the_metric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
