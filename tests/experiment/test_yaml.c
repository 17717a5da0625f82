/* YAML trees: syntax errors with their places, limits, types of scalars, merging. */
#include "experiment_text.h"

#include "experiment/yaml.h"

#include <math.h>

typedef struct tree {
    arena memory;
    const yaml_node *root;
} tree;

static mixup_status parse(tree *out, const char *yaml) {
    const mixup_allocator allocator = plain_allocator();
    arena_init(&out->memory, &allocator);
    out->root = NULL;
    return yaml_parse(&out->memory, "f.yaml", true, yaml, strlen(yaml), &out->root);
}

static void refuse(const char *yaml, const char *place, const char *what) {
    tree in;
    assert_int_not_equal(parse(&in, yaml), MIXUP_OK);
    assert_null(in.root);
    if (strstr(mixup_last_error(), place) == NULL || strstr(mixup_last_error(), what) == NULL)
        fail_msg("'%s' and '%s' expected in '%s'", place, what, mixup_last_error());
    arena_clear(&in.memory);
}

static void nodes_know_line_and_column(void **state) {
    (void)state;
    tree in;
    assert_int_equal(parse(&in, "a: 1\nb:\n  c: [x, 'y']\n"), MIXUP_OK);
    const yaml_node *list = yaml_find(in.root, "b.c");
    assert_non_null(list);
    assert_string_equal(yaml_where(list->items[1]).text, "f.yaml:3:10");
    assert_null(yaml_find(in.root, "b.d"));
    assert_null(yaml_find(in.root, "a.b"));
    arena_clear(&in.memory);
}

static void an_alias_is_its_anchor(void **state) {
    (void)state;
    tree in;
    assert_int_equal(parse(&in, "a: &one {x: 1}\nb: *one\n"), MIXUP_OK);
    assert_ptr_equal(yaml_get(in.root, "a"), yaml_get(in.root, "b"));
    arena_clear(&in.memory);
    refuse("a: *nobody\n", "f.yaml:1:", "undefined alias");
}

static void expect_text(const yaml_node *root, const char *path, const char *wanted) {
    const yaml_node *found = yaml_find(root, path);
    assert_non_null(found);
    assert_string_equal(found->text, wanted);
}

static void a_merge_key_brings_what_its_mapping_has_not(void **state) {
    (void)state;
    tree in;
    assert_int_equal(parse(&in, "a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\n"
                                "c: {<<: *a, y: 5}\nd: {w: 6, <<: [*a, *b]}\ne: {\"<<\": 7}\n"),
                     MIXUP_OK);
    expect_text(in.root, "c.x", "1");
    expect_text(in.root, "c.y", "5");
    assert_int_equal(yaml_get(in.root, "c")->count, 2);
    expect_text(in.root, "d.w", "6");
    expect_text(in.root, "d.x", "1");
    expect_text(in.root, "d.y", "2"); /* the first one that has it */
    expect_text(in.root, "d.z", "4");
    assert_int_equal(yaml_get(in.root, "d")->count, 4);
    expect_text(in.root, "e.<<", "7"); /* quoted, it is a key like others */
    expect_text(in.root, "a.y", "2");
    arena_clear(&in.memory);
    refuse("a: {<<: 3}\n", "f.yaml:1:9", "<<: *name");
    refuse("a: &a {x: 1}\nb: {<<: [*a, y]}\n", "f.yaml:2:", "<<: *name");
    refuse("a: &a {x: 1}\nb: {<<: *a, <<: *a}\n", "f.yaml:2:13: <<:", "second time");
    refuse("a: &a {<<: *a}\n", "f.yaml:1:", "inside itself");
}

static void a_mark_of_byte_order_is_passed_over(void **state) {
    (void)state;
    tree in;
    assert_int_equal(parse(&in, "\xef\xbb\xbf"
                                "a: 1\r\nb: 2\r\n"),
                     MIXUP_OK);
    expect_text(in.root, "a", "1");
    expect_text(in.root, "b", "2");
    arena_clear(&in.memory);
    refuse("\xef\xbb\xbf"
           "a:\n\tb: 1\n",
           "f.yaml:2:", "tab");
    refuse("\xef\xbb\xbf", "f.yaml", "no YAML");
}

static void a_cycle_is_an_error(void **state) {
    (void)state;
    refuse("a: &one [*one]\n", "f.yaml:1:", "");
}

static void an_alias_bomb_is_an_error(void **state) {
    (void)state;
    refuse("a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
           "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
           "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
           "f.yaml", "aliases");
}

static void too_deep_is_an_error(void **state) {
    (void)state;
    char yaml[512];
    memset(yaml, '[', 200);
    memset(yaml + 200, ']', 200);
    yaml[400] = '\0';
    refuse(yaml, "f.yaml:1:", "levels deep");
    /* 15 levels below an alias that is 18 levels down; 17 are right */
    refuse("a: &a [[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]\n",
           "f.yaml:1:", "levels deep");
    tree in;
    assert_int_equal(parse(&in,
                           "a: &a [[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]\n"),
                     MIXUP_OK);
    arena_clear(&in.memory);
}

static void too_many_keys_are_an_error(void **state) {
    (void)state;
    char *yaml = calloc(20000, 1);
    assert_non_null(yaml);
    for (size_t i = 0, used = 0; i <= YAML_MAX_KEYS; i++)
        used += (size_t)sprintf(yaml + used, "key%zu: 1\n", i);
    refuse(yaml, "f.yaml:1:1", "keys");
    free(yaml);
}

static void a_key_twice_is_an_error(void **state) {
    (void)state;
    refuse("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: a:", "second time");
    refuse("a: {b: 1, b: 2}\n", "f.yaml:1:11: b:", "line 1");
}

static void an_override_with_a_key_twice_is_told_of_no_line(void **state) {
    (void)state;
    static const char yaml[] = "{b: 1, b: 2}";
    const mixup_allocator allocator = plain_allocator();
    const yaml_node *root = NULL;
    arena memory;
    arena_init(&memory, &allocator);
    assert_int_equal(yaml_parse(&memory, "--set a", false, yaml, sizeof yaml - 1, &root), MIXUP_ERROR_FORMAT);
    assert_string_equal(mixup_last_error(), "--set a: b: the key stands here a second time");
    arena_clear(&memory);
}

static void a_tab_is_named(void **state) {
    (void)state;
    refuse("a:\n\tb: 1\n", "f.yaml:2:", "tab");
}

static void other_malformed_files_are_errors(void **state) {
    (void)state;
    refuse("", "f.yaml", "no YAML");
    refuse("# only a comment\n", "f.yaml", "no YAML");
    refuse("a: [1, 2\n", "f.yaml:", "");
    refuse("a: 'x\n", "f.yaml:", "");
    refuse("a: 1\n---\nb: 2\n", "f.yaml:3:", "second document");
    refuse("a: 1\n\xff\xfe\n", "f.yaml", "UTF-8");
    refuse("? [a]\n: 1\n", "f.yaml:1:", "single word");
    refuse("a: !!int 3\n", "f.yaml:1:", "tag");
    refuse("a: \"x\\0y\"\n", "f.yaml:1:4", "zero byte");
}

static const yaml_node *scalar(tree *in, const char *yaml) {
    assert_int_equal(parse(in, yaml), MIXUP_OK);
    return in->root;
}

static void numbers_are_strict(void **state) {
    (void)state;
    static const struct {
        const char *yaml;
        bool number, whole;
        double value;
    } cases[] = {
        {"12", true, true, 12},
        {"-1", true, false, -1},
        {"1e-3", true, false, 1e-3},
        {"1.0e-3", true, false, 1e-3},
        {".5", true, false, 0.5},
        {"5.", true, false, 5},
        {"1_000", false, false, 0},
        {"0x10", false, false, 0},
        {"'12'", false, false, 0},
        {"\"1.5\"", false, false, 0},
        {".inf", false, false, 0},
        {".nan", false, false, 0},
        {"1e999", false, false, 0},
        {"1.5x", false, false, 0},
        {"true", false, false, 0},
        {"18446744073709551615", true, true, 18446744073709551615.0},
        {"18446744073709551616", true, false, 18446744073709551616.0},
        {"1e", false, false, 0},
        {"nan", false, false, 0},
        {"e5", false, false, 0},
    };
    for (size_t i = 0; i < MIXUP_COUNT(cases); i++) {
        tree in;
        const yaml_node *node = scalar(&in, cases[i].yaml);
        double value = 0.0;
        uint64_t whole = 0;
        if (yaml_to_number(node, &value) != cases[i].number || yaml_to_whole(node, &whole) != cases[i].whole)
            fail_msg("%s", cases[i].yaml);
        if (cases[i].number)
            assert_true(value == cases[i].value);
        arena_clear(&in.memory);
    }
}

static void only_true_and_false_are_truth_values(void **state) {
    (void)state;
    static const char *const others[] = {"yes", "no", "on", "True", "FALSE", "1", "'true'", "~"};
    for (size_t i = 0; i < MIXUP_COUNT(others); i++) {
        tree in;
        bool value = false;
        assert_false(yaml_to_boolean(scalar(&in, others[i]), &value));
        arena_clear(&in.memory);
    }
    tree in;
    bool value = false;
    assert_true(yaml_to_boolean(scalar(&in, "true"), &value));
    assert_true(value);
    arena_clear(&in.memory);
}

static void mappings_merge_deeply_and_lists_replace(void **state) {
    (void)state;
    tree base;
    tree over;
    assert_int_equal(parse(&base, "a: {x: 1, y: {p: 1, q: 2}}\nb: [1, 2, 3]\nc: 1\n"), MIXUP_OK);
    assert_int_equal(parse(&over, "a: {y: {q: 5}, z: 9}\nb: [7]\n"), MIXUP_OK);
    const yaml_node *merged = NULL;
    assert_int_equal(yaml_merge(&base.memory, base.root, over.root, &merged), MIXUP_OK);
    assert_string_equal(yaml_find(merged, "a.x")->text, "1");
    assert_string_equal(yaml_find(merged, "a.y.p")->text, "1");
    assert_string_equal(yaml_find(merged, "a.y.q")->text, "5");
    assert_string_equal(yaml_find(merged, "a.z")->text, "9");
    assert_int_equal(yaml_get(merged, "b")->count, 1);
    assert_string_equal(yaml_find(base.root, "a.y.q")->text, "2"); /* the parts stay as they are */
    arena_clear(&over.memory);
    arena_clear(&base.memory);
}

static void written_text_and_numbers_read_back_the_same(void **state) {
    (void)state;
    static const char *const values[] = {"plain",
                                         "with space",
                                         "12",
                                         "true",
                                         "null",
                                         "~",
                                         "",
                                         "a: b",
                                         "# no",
                                         "\"quoted\"",
                                         "back\\slash",
                                         "line\nbreak",
                                         "tab\t",
                                         "-",
                                         "/abs/path.csv",
                                         "ümlaut",
                                         "[x]",
                                         "1e5",
                                         ".5",
                                         "*a",
                                         "&b",
                                         "%",
                                         "@"};
    for (size_t i = 0; i < MIXUP_COUNT(values); i++) {
        const mixup_allocator allocator = plain_allocator();
        text out;
        text_init(&out, &allocator);
        text_add(&out, "[");
        yaml_write_text(&out, values[i]);
        text_add(&out, "]");
        tree in;
        assert_int_equal(parse(&in, out.data), MIXUP_OK);
        assert_string_equal(in.root->items[0]->text, values[i]);
        uint64_t whole = 0;
        assert_false(yaml_to_whole(in.root->items[0], &whole));
        assert_false(yaml_is_null(in.root->items[0]));
        arena_clear(&in.memory);
        text_clear(&out);
    }
    static const double numbers[] = {0.1, 1e-7, 1.0 / 3.0, 123456789.125, 1e300, -2.5, 0.0};
    for (size_t i = 0; i < MIXUP_COUNT(numbers); i++) {
        for (int single = 0; single < 2; single++) {
            const mixup_allocator allocator = plain_allocator();
            text out;
            text_init(&out, &allocator);
            yaml_write_number(&out, single ? (double)(float)fmin(numbers[i], 1e30) : numbers[i], single);
            const double expected = single ? (double)(float)fmin(numbers[i], 1e30) : numbers[i];
            if (single)
                assert_true(strtof(out.data, NULL) == (float)expected);
            else
                assert_true(strtod(out.data, NULL) == expected);
            text_clear(&out);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_know_line_and_column),
        cmocka_unit_test(an_alias_is_its_anchor),
        cmocka_unit_test(a_merge_key_brings_what_its_mapping_has_not),
        cmocka_unit_test(a_mark_of_byte_order_is_passed_over),
        cmocka_unit_test(a_cycle_is_an_error),
        cmocka_unit_test(an_alias_bomb_is_an_error),
        cmocka_unit_test(too_deep_is_an_error),
        cmocka_unit_test(too_many_keys_are_an_error),
        cmocka_unit_test(a_key_twice_is_an_error),
        cmocka_unit_test(an_override_with_a_key_twice_is_told_of_no_line),
        cmocka_unit_test(a_tab_is_named),
        cmocka_unit_test(other_malformed_files_are_errors),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(only_true_and_false_are_truth_values),
        cmocka_unit_test(mappings_merge_deeply_and_lists_replace),
        cmocka_unit_test(written_text_and_numbers_read_back_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
