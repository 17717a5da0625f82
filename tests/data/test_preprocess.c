/* The preprocess as JSON: exact round trip, and nothing else is accepted. */
#include "data/reading.h"

#include <float.h>
#include <locale.h>

static mixup_allocator plain(void) {
    return memory_allocator(NULL);
}

static char *to_json(const mixup_preprocess *preprocess) {
    const mixup_allocator allocator = plain();
    text out;
    text_init(&out, &allocator);
    assert_int_equal(preprocess_to_json(preprocess, &out), MIXUP_OK);
    return out.data;
}

static void release(char *json) {
    const mixup_allocator allocator = plain();
    memory_release(&allocator, json);
}

static void set_names(mixup_preprocess *out, preprocess_names *list, const char *const *names, size_t count) {
    assert_int_equal(preprocess_set_names(out, list, names, count, "name"), MIXUP_OK);
}

/* Everything filled in. */
static mixup_preprocess *full(void) {
    const mixup_allocator allocator = plain();
    mixup_preprocess *out = NULL;
    assert_int_equal(preprocess_create(&allocator, PREPROCESS_CSV, &out), MIXUP_OK);
    assert_int_equal(preprocess_set_shape(out, &(shape){.rank = 1, .sizes = {3}}), MIXUP_OK);
    out->scale = 0.1;
    out->missing = MIXUP_MISSING_MEDIAN;
    out->separator = '\t';
    out->no_header = true;
    out->filled = memory_allocate(&allocator, 3, sizeof(double));
    out->statistics = 3;
    out->mean = memory_allocate(&allocator, 3, sizeof(double));
    out->deviation = memory_allocate(&allocator, 3, sizeof(double));
    const double filled[3] = {1.0 / 3.0, -0.0, DBL_MAX};
    const double mean[3] = {1e-310, 123456789.123456789, -2.5};
    const double deviation[3] = {DBL_MIN, 1.0, 0.1 + 0.2};
    memcpy(out->filled, filled, sizeof filled);
    memcpy(out->mean, mean, sizeof mean);
    memcpy(out->deviation, deviation, sizeof deviation);
    out->target_statistics = 2;
    out->target_mean = memory_allocate(&allocator, 2, sizeof(double));
    out->target_deviation = memory_allocate(&allocator, 2, sizeof(double));
    memcpy(out->target_mean, (const double[]){-4e5, 1.0 / 7.0}, 2 * sizeof(double));
    memcpy(out->target_deviation, (const double[]){0.7, 3e4}, 2 * sizeof(double));
    set_names(out, &out->class_names, (const char *const[]){"a \"b\"\n", "\xC3\xA4", "\xF0\x9F\x8C\xB1"}, 3);
    set_names(out, &out->feature_names, (const char *const[]){"1", "2", "x\\y"}, 3);
    set_names(out, &out->target_names, (const char *const[]){"t"}, 1);
    set_names(out, &out->ignored, (const char *const[]){"id", "note"}, 2);
    set_names(out, &out->truths, (const char *const[]){"1", "x\\y", "t"}, 3);
    out->label = memory_copy_text(&allocator, "species");
    return out;
}

static void assert_same_list(const preprocess_names *a, const preprocess_names *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->items[i], b->items[i]);
}

static void assert_same(const mixup_preprocess *a, const mixup_preprocess *b) {
    const size_t bytes = a->features * sizeof(double);
    assert_int_equal(a->source, b->source);
    assert_true(shape_equal(&a->shape, &b->shape));
    assert_int_equal(a->features, b->features);
    assert_memory_equal(&a->scale, &b->scale, sizeof(double));
    assert_memory_equal(a->filled, b->filled, bytes);
    assert_memory_equal(a->mean, b->mean, bytes);
    assert_memory_equal(a->deviation, b->deviation, bytes);
    assert_int_equal(a->target_statistics, b->target_statistics);
    assert_memory_equal(a->target_mean, b->target_mean, a->target_statistics * sizeof(double));
    assert_memory_equal(a->target_deviation, b->target_deviation, a->target_statistics * sizeof(double));
    assert_int_equal(a->missing, b->missing);
    assert_int_equal(a->separator, b->separator);
    assert_int_equal(a->no_header, b->no_header);
    assert_string_equal(a->label, b->label);
    assert_same_list(&a->class_names, &b->class_names);
    assert_same_list(&a->feature_names, &b->feature_names);
    assert_same_list(&a->target_names, &b->target_names);
    assert_same_list(&a->ignored, &b->ignored);
    assert_same_list(&a->truths, &b->truths);
}

static void everything_comes_back_bit_for_bit(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    mixup_preprocess *first = full();
    mixup_preprocess *second = NULL, *third = NULL;
    char *json = to_json(first);
    if (preprocess_from_json(json, &allocator, &second) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_same(first, second);
    assert_int_equal(preprocess_copy(second, &allocator, &third), MIXUP_OK);
    preprocess_destroy(second);
    assert_same(first, third);
    release(json);
    preprocess_destroy(first);
    preprocess_destroy(third);
}

static void what_is_absent_comes_back_absent(void **state) {
    (void)state;
    const mixup_allocator allocator = plain();
    mixup_dataset *set = NULL;
    assert_int_equal(mixup_dataset_from_spirals(&set, &(mixup_spirals_desc){.count_per_class = 2}), MIXUP_OK);
    char *json = to_json(mixup_dataset_preprocess(set));
    mixup_preprocess *read = NULL;
    assert_int_equal(preprocess_from_json(json, &allocator, &read), MIXUP_OK);
    assert_null(read->filled);
    assert_null(read->mean);
    assert_null(read->target_mean);
    assert_int_equal(read->target_statistics, 0);
    assert_null(read->label);
    assert_null(strstr(json, "truths")); /* so that earlier versions read it */
    assert_int_equal(read->feature_names.count, 0);
    assert_int_equal(read->class_names.count, 2);
    assert_int_equal(read->source, PREPROCESS_SPIRALS);
    release(json);
    preprocess_destroy(read);
    mixup_dataset_destroy(set);
}

/* The JSON of full() with the first `from` replaced by `to`. */
static char *edited(const char *from, const char *to) {
    mixup_preprocess *preprocess = full();
    char *json = to_json(preprocess);
    preprocess_destroy(preprocess);
    const char *at = strstr(json, from);
    if (at == NULL)
        fail_msg("'%s' is not in %s", from, json);
    const mixup_allocator allocator = plain();
    text out;
    text_init(&out, &allocator);
    text_append(&out, json, (size_t)(at - json));
    text_add(&out, to);
    text_add(&out, at + strlen(from));
    release(json);
    return out.data;
}

static void every_wrong_value_is_refused(void **state) {
    (void)state;
    const struct {
        const char *from, *to, *part;
    } cases[] = {
        {"\"version\":1", "\"version\":2", "'version'"},
        {"\"version\":1", "\"version\":1.0", "'version'"},
        {"\"source\":\"csv\"", "\"source\":\"xml\"", "'source'"},
        {"\"source\":\"csv\"", "\"source\":3", "'source'"},
        {"\"source\":\"csv\"", "\"source\":\"idx\"", "'features'"},
        {"\"shape\":[3]", "\"shape\":[]", "'shape'"},
        {"\"shape\":[3]", "\"shape\":[0]", "'shape'"},
        {"\"shape\":[3]", "\"shape\":[-3]", "'shape'"},
        {"\"shape\":[3]", "\"shape\":[3.0]", "'shape'"},
        {"\"shape\":[3]", "\"shape\":[1,1,1,1,3]", "'shape'"},
        {"\"shape\":[3]", "\"shape\":[4]", "'filled'"},
        {"\"shape\":[3]", "\"shape\":[9223372036854775807,9223372036854775807]", "do not fit"},
        {"\"shape\":[3]", "\"shape\":3", "'shape'"},
        {"\"scale\":0.1", "\"scale\":0.0,\"x\":0.1", "unknown key"},
        {"\"scale\":", "\"scale\":-", "'scale'"},
        {"\"scale\":0.10000000000000001", "\"scale\":0", "'scale'"},
        {"\"scale\":0.10000000000000001", "\"scale\":null", "'scale'"},
        {"\"missing\":\"median\"", "\"missing\":\"mode\"", "'missing'"},
        {"\"mean\":[", "\"mean\":[1,", "'mean'"},
        {"\"mean\":[", "\"mean\":[],\"m\":[", "unknown key"},
        {"-2.5", "null", "'mean'"},
        {"-2.5", "\"-2.5\"", "'mean'"},
        {"-2.5", "1e999", "not JSON"},
        {"\"deviation\":[", "\"deviation\":null,\"d\":[", "unknown key"},
        {",1.0,", ",0.0,", "deviations above 0"},
        {",1.0,", ",-1.0,", "deviations above 0"},
        {"\"target_mean\":[", "\"target_mean\":null,\"t\":[", "unknown key"},
        {"\"target_mean\":[", "\"mean_of_targets\":[", "unknown key"},
        {"\"target_mean\":[-400000.0,", "\"target_mean\":[", "'target_deviation'"},
        {"\"target_deviation\":[", "\"target_deviation\":[0,", "'target_deviation'"},
        {"\"target_deviation\":[0.", "\"target_deviation\":[-0.", "deviations above 0"},
        {"\"classes\":[", "\"classes\":[1,", "'classes'"},
        {"\"classes\":[", "\"classes\":[\"\",", "'classes'"},
        {"\"features\":[\"1\",", "\"features\":[", "'features'"},
        {"\"features\":[\"1\",", "\"features\":[\"0\",\"1\",", "'features'"},
        {"\"truths\":[\"1\",\"x\\\\y\",\"t\"]", "\"truths\":[]", "'truths'"},
        {"\"truths\":[\"1\",", "\"truths\":[\"3\",", "'truths'"},
        {"\"truths\":[\"1\",\"x\\\\y\",", "\"truths\":[\"x\\\\y\",\"1\",", "'truths'"},
        {"\"truths\":[\"1\",\"x\\\\y\",\"t\"", "\"truths\":[\"t\",\"1\"", "'truths'"},
        {"\"truths\":[\"1\",", "\"truths\":[1,", "'truths'"},
        {"\"truths\":[", "\"truth\":[", "unknown key"},
        {"\"label\":\"species\"", "\"label\":null", "'label'"},
        {"\"label\":\"species\"", "\"label\":\"\"", "'label'"},
        {"\"label\":\"species\"", "\"label\":4", "'label'"},
        {"\"separator\":\"\\t\"", "\"separator\":\"\"", "'separator'"},
        {"\"separator\":\"\\t\"", "\"separator\":\";;\"", "'separator'"},
        {"\"separator\":\"\\t\"", "\"separator\":\"\\u0000\"", "not JSON"},
        {"\"no_header\":true", "\"no_header\":1", "'no_header'"},
        {"\"no_header\":true", "\"no_heading\":true", "'no_header'"},
        {"\"no_header\":true", "\"no_header\":true,\"no_header\":true", "not JSON"},
        {"{", "[{", "not JSON"},
        {"}", "", "not JSON"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        failing_allocator memory = {0};
        const mixup_allocator hooks = failing_allocator_hooks(&memory);
        char *json = edited(cases[i].from, cases[i].to);
        mixup_preprocess *read = NULL;
        const mixup_status status = preprocess_from_json(json, &hooks, &read);
        if (status != MIXUP_ERROR_FORMAT && status != MIXUP_ERROR_MEMORY)
            fail_msg("%s: status %d", json, (int)status);
        assert_failed(status, status, cases[i].part);
        assert_null(read);
        assert_int_equal(atomic_load(&memory.live), 0);
        release(json);
    }
    const mixup_allocator allocator = plain();
    mixup_preprocess *read = NULL;
    assert_failed(preprocess_from_json("[]", &allocator, &read), MIXUP_ERROR_FORMAT, "JSON object");
    assert_failed(preprocess_from_json("", &allocator, &read), MIXUP_ERROR_FORMAT, "not JSON");
    assert_failed(preprocess_from_json("{}", &allocator, &read), MIXUP_ERROR_FORMAT, "'version'");
}

static void statistics_without_their_other_half_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *missing, *filled, *mean, *deviation, *targets, *part; /* part NULL: all is right */
    } cases[] = {
        {"refuse", "null", "[1,2]", "[1,2]", "\"target_mean\":[1],\"target_deviation\":[1]", NULL},
        {"refuse", "null", "[1,2]", "null", "\"target_mean\":[1],\"target_deviation\":[1]", "'mean'"},
        {"refuse", "null", "null", "[1,2]", "\"target_mean\":[1],\"target_deviation\":[1]", "'mean'"},
        {"mean", "null", "[1,2]", "[1,2]", "\"target_mean\":[1],\"target_deviation\":[1]", "'filled'"},
        {"refuse", "null", "null", "null", "\"target_mean\":[],\"target_deviation\":[]", "'target_mean'"},
        {"refuse", "null", "null", "null", "\"target_mean\":[1],\"target_deviation\":null",
         "'target_deviation'"},
    };
    const mixup_allocator allocator = plain();
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        char json[500];
        snprintf(json, sizeof json,
                 "{\"version\":1,\"source\":\"arrays\",\"shape\":[2],\"scale\":1.0,\"missing\":\"%s\","
                 "\"filled\":%s,\"mean\":%s,\"deviation\":%s,\"classes\":[],\"features\":[],\"targets\":[],"
                 "\"ignored\":[],\"label\":null,\"separator\":\",\",\"no_header\":false,%s}",
                 cases[i].missing, cases[i].filled, cases[i].mean, cases[i].deviation, cases[i].targets);
        mixup_preprocess *read = NULL;
        const mixup_status status = preprocess_from_json(json, &allocator, &read);
        if (cases[i].part == NULL)
            assert_int_equal(status, MIXUP_OK);
        else
            assert_failed(status, MIXUP_ERROR_FORMAT, cases[i].part);
        preprocess_destroy(read);
    }
}

static void any_changed_byte_is_refused_or_makes_another_valid_one(void **state) {
    (void)state;
    mixup_preprocess *preprocess = full();
    char *json = to_json(preprocess);
    const size_t length = strlen(json);
    for (size_t at = 0; at < length; at++)
        for (int byte = 1; byte < 256; byte += 3) {
            const char before = json[at];
            json[at] = (char)byte;
            failing_allocator memory = {0};
            const mixup_allocator hooks = failing_allocator_hooks(&memory);
            mixup_preprocess *read = NULL;
            if (preprocess_from_json(json, &hooks, &read) == MIXUP_OK) {
                char *again = to_json(read);
                release(again);
            }
            preprocess_destroy(read);
            assert_int_equal(atomic_load(&memory.live), 0);
            json[at] = before;
        }
    release(json);
    preprocess_destroy(preprocess);
}

static void numbers_are_written_the_same_under_every_locale(void **state) {
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    mixup_preprocess *preprocess = full();
    char *plain_json = to_json(preprocess);
    bool found = false;
    for (size_t i = 0; i < MIXUP_COUNT(names) && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    char *json = to_json(preprocess);
    setlocale(LC_ALL, "C");
    assert_string_equal(json, plain_json); /* also where no such locale is installed */
    release(json);
    release(plain_json);
    preprocess_destroy(preprocess);
}

static void names_must_be_utf8(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\xE9", "a\xC3", "\xC0\x80", "\xED\xA0\x80", "\xE0\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\x80"};
    mixup_preprocess *preprocess = full();
    for (size_t i = 0; i < MIXUP_COUNT(bad); i++)
        assert_failed(preprocess_set_classes(preprocess, &bad[i], 1), MIXUP_ERROR_DATA, "is not UTF-8");
    assert_int_equal(preprocess->class_names.count, 3);
    preprocess_destroy(preprocess);
}

static mixup_status run(const mixup_allocator *allocator, void *user) {
    mixup_preprocess *read = NULL, *copy = NULL;
    text out;
    text_init(&out, allocator);
    mixup_status status = preprocess_from_json(user, allocator, &read);
    if (status == MIXUP_OK)
        status = preprocess_copy(read, allocator, &copy);
    if (status == MIXUP_OK)
        status = preprocess_to_json(copy, &out);
    text_clear(&out);
    preprocess_destroy(read);
    preprocess_destroy(copy);
    return status;
}

static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    mixup_preprocess *preprocess = full();
    char *json = to_json(preprocess);
    fail_every_allocation(run, json);
    release(json);
    preprocess_destroy(preprocess);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back_bit_for_bit),
        cmocka_unit_test(what_is_absent_comes_back_absent),
        cmocka_unit_test(every_wrong_value_is_refused),
        cmocka_unit_test(statistics_without_their_other_half_are_refused),
        cmocka_unit_test(any_changed_byte_is_refused_or_makes_another_valid_one),
        cmocka_unit_test(numbers_are_written_the_same_under_every_locale),
        cmocka_unit_test(names_must_be_utf8),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
