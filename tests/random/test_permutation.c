/* Permutations and derangements: uniform over all of them, for any count. */
#include "random/chi_square.h"
#include "random/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

enum { DRAWS = 48000, LARGEST = 257 };

typedef void permute(random_stream *stream, size_t count, uint32_t *permutation);

static void assert_permutation(const uint32_t *permutation, size_t count) {
    bool seen[LARGEST] = {false};
    for (size_t i = 0; i < count; i++) {
        assert_true(permutation[i] < count);
        assert_false(seen[permutation[i]]);
        seen[permutation[i]] = true;
    }
}

/* The rank of a permutation of 4 in lexicographic order, 0 to 23. */
static size_t rank_of_four(const uint32_t *permutation) {
    static const size_t factorial[4] = {6, 2, 1, 1};
    size_t rank = 0;
    for (size_t i = 0; i < 4; i++)
        for (size_t j = i + 1; j < 4; j++)
            rank += permutation[j] < permutation[i] ? factorial[i] : 0;
    return rank;
}

static void count_ranks(permute *draw, size_t counts[24]) {
    memset(counts, 0, 24 * sizeof counts[0]);
    for (uint32_t step = 0; step < DRAWS; step++) {
        random_stream stream = random_open(5, RANDOM_PARTNER, 0, 0, step, 0);
        uint32_t permutation[4];
        draw(&stream, 4, permutation);
        assert_permutation(permutation, 4);
        counts[rank_of_four(permutation)]++;
    }
}

static void permutation_is_pinned(void **state) {
    (void)state;
    static const uint32_t expected[10] = {2, 7, 5, 0, 3, 6, 9, 4, 8, 1};
    random_stream stream = random_open(0x0123456789abcdefu, RANDOM_LAMBDA, 7, 11, 13, 17);
    uint32_t permutation[10];
    random_permutation(&stream, 10, permutation);
    assert_memory_equal(permutation, expected, sizeof expected);
}

static void permutations_of_four_are_all_as_likely(void **state) {
    (void)state;
    size_t counts[24];
    count_ranks(random_permutation, counts);
    assert_true(chi_square(counts, 24, NULL) < CHI_SQUARE_LIMIT_23);
}

static void derangements_of_four_are_all_as_likely(void **state) {
    (void)state;
    size_t counts[24], derangements[24] = {0}, found = 0;
    count_ranks(random_derangement, counts);
    for (size_t rank = 0; rank < 24; rank++)
        if (counts[rank] > 0)
            derangements[found++] = counts[rank];
    assert_int_equal(found, 9);
    assert_true(chi_square(derangements, 9, NULL) < CHI_SQUARE_LIMIT_8);
}

static void every_count_gives_a_permutation(void **state) {
    (void)state;
    for (size_t count = 1; count <= LARGEST; count++) {
        random_stream stream = random_open(6, RANDOM_PARTNER, 0, 0, (uint32_t)count, 0);
        uint32_t permutation[LARGEST];
        random_permutation(&stream, count, permutation);
        assert_permutation(permutation, count);
    }
}

static void a_derangement_has_no_fixed_point(void **state) {
    (void)state;
    for (size_t count = 2; count <= LARGEST; count++) {
        random_stream stream = random_open(7, RANDOM_PARTNER, 0, 0, (uint32_t)count, 0);
        uint32_t permutation[LARGEST];
        random_derangement(&stream, count, permutation);
        assert_permutation(permutation, count);
        for (size_t i = 0; i < count; i++)
            assert_int_not_equal(permutation[i], i);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(permutation_is_pinned),
        cmocka_unit_test(permutations_of_four_are_all_as_likely),
        cmocka_unit_test(derangements_of_four_are_all_as_likely),
        cmocka_unit_test(every_count_gives_a_permutation),
        cmocka_unit_test(a_derangement_has_no_fixed_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
