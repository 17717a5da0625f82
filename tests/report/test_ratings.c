/* Ratings of several runs: the spread of a row over those that were measured. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/ratings.h"

#include <math.h>
#include <string.h>

enum { RUNS = 3, ITEMS = 2, ROWS = 2 };

/* Three runs of a variant with two items each; item 1 is rated, in the last run it could not be. */
typedef struct scene {
    rating rows[RUNS][ROWS];
    measurement numbers[RUNS * ITEMS];
} scene;

static ratings_column make(scene *s, const double *accuracies) {
    *s = (scene){.numbers = {{.measured = false}}};
    for (size_t r = 0; r < RUNS; r++) {
        measurement *numbers = &s->numbers[r * ITEMS + 1];
        *numbers = (measurement){.measured = r < 2, .ratings = r < 2 ? s->rows[r] : NULL};
        if (r == 2)
            continue;
        ratings_add(numbers, RATINGS_UNCHANGED, 0.0, accuracies[2 * r], (double)NAN, "unchanged");
        ratings_add(numbers, "attack", 0.1, accuracies[2 * r + 1], 0.25 * (double)(r + 1), "ε = %g", 0.1);
    }
    return (ratings_column){.name = "none", .runs = s->numbers + 1, .run_count = RUNS, .stride = ITEMS};
}

static void a_row_spreads_over_the_runs_that_were_measured(void **state) {
    (void)state;
    static const double accuracies[] = {0.9, 0.25, 0.9, 0.75};
    scene s;
    const ratings_column column = make(&s, accuracies);
    spread found = ratings_spread(&column, 0, false);
    assert_int_equal(found.count, 2);
    assert_true(fabs(found.mean - 0.9) < 1e-15 && found.deviation < 1e-15);
    found = ratings_spread(&column, 1, false);
    assert_true(fabs(found.mean - 0.5) < 1e-15);
    assert_true(fabs(found.deviation - 0.5 / sqrt(2.0)) < 1e-15);
    found = ratings_spread(&column, 1, true);
    assert_true(fabs(found.mean - 0.375) < 1e-15);
    assert_int_equal(ratings_spread(&column, 0, true).count, 0); /* what is unchanged fools nobody */
    assert_int_equal(ratings_spread(&column, 2, false).count, 0);
}

static void rows_keep_their_words(void **state) {
    (void)state;
    static const double accuracies[] = {1, 1, 1, 1};
    scene s;
    make(&s, accuracies);
    assert_int_equal(s.numbers[1].rating_count, 2);
    assert_string_equal(s.rows[0][1].label, "ε = 0.1");
    assert_string_equal(s.rows[0][1].group, "attack");
    rating one = {0};
    measurement single = {.ratings = &one};
    ratings_add(&single, "attack", 1.0, 0.5, 0.5, "%s",
                "longer than there is room for in a table's first column");
    assert_int_equal(strlen(one.label), sizeof one.label - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_spreads_over_the_runs_that_were_measured),
        cmocka_unit_test(rows_keep_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
