/* Streams: published vectors of the generator, the pinned definition of a stream, uniform numbers. The
 * numbers marked "pinned" come from an independent implementation in Python of what stream.h says. */
#include "random/chi_square.h"
#include "random/stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static random_stream pinned_stream(void) {
    return random_open(0x0123456789abcdefu, RANDOM_LAMBDA, 7, 11, 13, 17);
}

/* Random123's kat_vectors, philox4x32 with 10 rounds. */
static void philox_gives_the_published_words(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], words[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint32_t words[4];
        random_philox(vectors[i].counter, vectors[i].key, words);
        assert_memory_equal(words, vectors[i].words, sizeof words);
    }
}

static void words_are_pinned_across_blocks(void **state) {
    (void)state;
    static const uint32_t expected[] = {0x2617c4a1, 0xe44cf4c4, 0x992c35df,
                                        0x30c90669, 0x4a3a20fd, 0xaa9935e7};
    random_stream stream = pinned_stream();
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_int_equal(random_word(&stream), expected[i]);
}

static void each_coordinate_of_a_stream_is_pinned(void **state) {
    (void)state;
    static const struct {
        uint64_t seed;
        random_purpose purpose;
        uint32_t item, epoch, step, sample, word;
    } streams[] = {
        {1, RANDOM_LAMBDA, 0, 0, 0, 0, 0xc1d0e53f},
        {1, RANDOM_PARTNER, 0, 0, 0, 0, 0x43770b74},
        {1, RANDOM_LAMBDA, 1, 0, 0, 0, 0x2bded6be},
        {1, RANDOM_LAMBDA, 0, 1, 0, 0, 0xf06d3b29},
        {1, RANDOM_LAMBDA, 0, 0, 1, 0, 0x97f71da4},
        {1, RANDOM_LAMBDA, 0, 0, 0, 1, 0x9df1f304},
        {UINT64_C(1) << 32, RANDOM_LAMBDA, 0, 0, 0, 0, 0x91938023},
    };
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        random_stream stream = random_open(streams[i].seed, streams[i].purpose, streams[i].item,
                                           streams[i].epoch, streams[i].step, streams[i].sample);
        assert_int_equal(random_word(&stream), streams[i].word);
    }
}

static void purposes_keep_their_numbers(void **state) {
    (void)state;
    assert_int_equal(RANDOM_INITIAL, 1);
    assert_int_equal(RANDOM_ORDER, 2);
    assert_int_equal(RANDOM_PLAIN, 3);
    assert_int_equal(RANDOM_SITE, 4);
    assert_int_equal(RANDOM_LAMBDA, 5);
    assert_int_equal(RANDOM_PARTNER, 6);
    assert_int_equal(RANDOM_DROPOUT, 7);
    assert_int_equal(RANDOM_NOISE, 8);
    assert_int_equal(RANDOM_SPLIT, 9);
    assert_int_equal(RANDOM_SYNTHETIC, 10);
}

static void uniform_and_below_are_pinned(void **state) {
    (void)state;
    random_stream stream = pinned_stream();
    assert_true(random_uniform(&stream) == 0x1.30be250f22678p-3);
    assert_true(random_uniform(&stream) == 0x1.32586bbe61920p-1);
    assert_true(random_uniform(&stream) == 0x1.28e883f6aa64cp-2);
    stream = pinned_stream();
    assert_int_equal(random_below(&stream, 10), 1);
    assert_int_equal(random_below(&stream, 1000), 891);
    assert_int_equal(random_below(&stream, 1000000), 598330);
    assert_int_equal(random_below(&stream, 4000000000u), 762269594);
}

/* Begun anywhere in a block, an odd word included, over sizes below and above what is made at once. */
static void many_uniforms_are_those_that_come_one_by_one(void **state) {
    (void)state;
    enum { MOST = 400 };
    for (size_t words = 0; words < 6; words++)
        for (size_t count = 0; count < MOST; count += 1 + count / 7) {
            random_stream single = pinned_stream();
            for (size_t w = 0; w < words; w++)
                random_word(&single);
            random_stream many = single;
            random_stream skipping = single;
            double values[MOST];
            random_uniforms(&many, count, values);
            random_skip_uniforms(&skipping, count);
            for (size_t i = 0; i < count; i++)
                assert_true(values[i] == random_uniform(&single));
            const uint32_t next = random_word(&single);
            assert_int_equal(random_word(&many), next);
            assert_int_equal(random_word(&skipping), next);
        }
}

static void uniform_is_uniform_in_the_half_open_interval(void **state) {
    (void)state;
    random_stream stream = random_open(1, RANDOM_SPLIT, 0, 0, 0, 0);
    size_t counts[64] = {0};
    for (size_t i = 0; i < 200000; i++) {
        const double value = random_uniform(&stream);
        assert_true(value >= 0 && value < 1);
        counts[(size_t)(value * 64)]++;
    }
    assert_true(chi_square(counts, 64, NULL) < CHI_SQUARE_LIMIT_63);
}

static void below_is_uniform_for_a_small_bound(void **state) {
    (void)state;
    random_stream stream = random_open(2, RANDOM_SPLIT, 0, 0, 0, 0);
    size_t counts[6] = {0};
    for (size_t i = 0; i < 120000; i++) {
        const uint32_t value = random_below(&stream, 6);
        assert_true(value < 6);
        counts[value]++;
    }
    assert_true(chi_square(counts, 6, NULL) < CHI_SQUARE_LIMIT_5);
}

/* With this bound, a plain multiply and shift gives multiples of 3 twice as often as the others. */
static void below_is_unbiased_where_the_bound_does_not_divide_the_range(void **state) {
    (void)state;
    random_stream stream = random_open(3, RANDOM_SPLIT, 0, 0, 0, 0);
    size_t counts[3] = {0};
    for (size_t i = 0; i < 60000; i++)
        counts[random_below(&stream, UINT32_C(3) << 30) % 3]++;
    assert_true(chi_square(counts, 3, NULL) < CHI_SQUARE_LIMIT_2);
}

static void below_one_is_zero_and_the_largest_bound_works(void **state) {
    (void)state;
    random_stream stream = random_open(4, RANDOM_SPLIT, 0, 0, 0, 0);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(random_below(&stream, 1), 0);
        assert_true(random_below(&stream, UINT32_MAX) < UINT32_MAX);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_words),
        cmocka_unit_test(words_are_pinned_across_blocks),
        cmocka_unit_test(each_coordinate_of_a_stream_is_pinned),
        cmocka_unit_test(purposes_keep_their_numbers),
        cmocka_unit_test(uniform_and_below_are_pinned),
        cmocka_unit_test(many_uniforms_are_those_that_come_one_by_one),
        cmocka_unit_test(uniform_is_uniform_in_the_half_open_interval),
        cmocka_unit_test(below_is_uniform_for_a_small_bound),
        cmocka_unit_test(below_is_unbiased_where_the_bound_does_not_divide_the_range),
        cmocka_unit_test(below_one_is_zero_and_the_largest_bound_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
