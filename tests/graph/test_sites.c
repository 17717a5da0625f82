/* Where states may be mixed, and what is said where they may not. */
#include "support/graph_building.h"

/* Two residual blocks, the second one nested:
 *
 *     stem ┬ a1 - a2 ┬ a_add ┬ b1 ┬ c1 - c2 ┬ c_add - b2 ┬ b_add - head
 *          └─────────┘       │    └─────────┘            │
 *                            └─────── shortcut ──────────┘  */
#define SAME(called) .op = MIXUP_DENSE, .units = 4, .name = (called)

static const mixup_layer residual[] = {
    {SAME("stem"), .activation = MIXUP_RELU},
    {SAME("a1")},
    {SAME("a2")},
    {.op = MIXUP_ADD, .name = "a_add", .with = {"stem"}, .activation = MIXUP_RELU},
    {SAME("b1")},
    {SAME("c1")},
    {SAME("c2")},
    {.op = MIXUP_ADD, .name = "c_add", .with = {"b1"}},
    {SAME("b2")},
    {SAME("shortcut"), .from = "a_add"},
    {.op = MIXUP_ADD, .name = "b_add", .from = "b2", .with = {"shortcut"}},
    {SAME("head")},
};

static void expect_site(const graph *in, const char *name, const char *same_as) {
    size_t value = SIZE_MAX, other = SIZE_MAX;
    if (graph_find_site(in, name, &value) != MIXUP_OK)
        fail_msg("'%s' is refused: %s", name, mixup_last_error());
    assert_true(graph_is_site(in, value));
    if (same_as == NULL)
        return;
    assert_int_equal(graph_find_site(in, same_as, &other), MIXUP_OK);
    assert_int_equal(value, other);
}

static void expect_no_site(const graph *in, const char *name, const char *words) {
    size_t value = SIZE_MAX;
    assert_int_equal(graph_find_site(in, name, &value), MIXUP_ERROR_NETWORK);
    assert_string_equal(mixup_last_error(), words);
    assert_int_equal(value, SIZE_MAX);
    const size_t layer = graph_find_layer(in, name);
    assert_string_equal(in->layers[layer].site_problem, words);
    assert_false(graph_is_site(in, in->layers[layer].input));
}

/* Ready-made networks name the state behind a stage by a layer that does nothing. */
static void a_layer_that_does_nothing_names_the_tensor_that_it_reads(void **state) {
    (void)state;
    const mixup_layer layers[] = {
        {SAME("stem")},
        {SAME("branch")},
        {.op = MIXUP_ADD, .name = "add", .with = {"stem"}},
        {.op = MIXUP_ACTIVATION, .name = "after"},
        {SAME("behind")},
        {SAME("beside")},
        {.op = MIXUP_ADD, .name = "sum", .with = {"after"}},
    };
    graph *made;
    BUILD(&made, layers, 4);
    expect_site(made, "after", NULL);
    expect_site(made, "behind", "after");
    expect_no_site(made, "beside",
                   "cannot mix here: 'beside' reads a state inside the skip connection from 'add' that 'sum' "
                   "closes; the nearest legal site is 'after'");
    graph_destroy(made);
}

static void every_input_in_a_chain_is_a_site(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 4, .name = "a", .activation = MIXUP_RELU},
                                  {.op = MIXUP_DROPOUT, .rate = 0.5f, .name = "b"},
                                  {.op = MIXUP_DENSE, .units = 4, .name = "c"},
                                  {.op = MIXUP_ACTIVATION, .activation = MIXUP_SOFTMAX, .name = "d"}};
    graph *made;
    BUILD(&made, layers, 4);
    expect_site(made, "a", "input");
    expect_site(made, "b", NULL);
    expect_site(made, "c", NULL);
    expect_site(made, "d", NULL);
    for (size_t l = 0; l < made->layer_count; l++)
        assert_null(made->layers[l].site_problem);
    size_t value = SIZE_MAX;
    assert_int_equal(graph_find_site(made, "input", &value), MIXUP_OK);
    assert_int_equal(value, GRAPH_INPUT);
    assert_int_equal(graph_find_site(made, "c", &value), MIXUP_OK);
    assert_int_equal(value, made->layers[1].output);
    graph_destroy(made);
}

static void a_name_that_is_no_layers_is_refused(void **state) {
    (void)state;
    graph *made;
    BUILD(&made, residual, 4);
    size_t value = SIZE_MAX;
    assert_int_equal(graph_find_site(made, "fc9", &value), MIXUP_ERROR_NOT_FOUND);
    assert_string_equal(mixup_last_error(),
                        "cannot mix at 'fc9': no layer has this name; give a layer's name or 'input'");
    assert_int_equal(value, SIZE_MAX);
    graph_destroy(made);
}

static void states_before_and_behind_residual_blocks_are_sites(void **state) {
    (void)state;
    graph *made;
    BUILD(&made, residual, 4);
    expect_site(made, "stem", "input");
    expect_site(made, "a1", NULL);
    expect_site(made, "b1", "shortcut"); /* two readers of one tensor are one site */
    expect_site(made, "head", NULL);
    graph_destroy(made);
}

static void states_inside_a_skip_are_refused_with_the_nearest_sites(void **state) {
    (void)state;
    graph *made;
    BUILD(&made, residual, 4);
    expect_no_site(made, "a2",
                   "cannot mix here: 'a2' reads a state inside the skip connection from 'stem' that 'a_add' "
                   "closes; the nearest legal sites are 'a1' and 'b1'");
    expect_no_site(made, "a_add",
                   "cannot mix here: 'a_add' reads a state inside the skip connection from 'stem' that "
                   "'a_add' closes; the nearest legal sites are 'a1' and 'b1'");
    expect_no_site(made, "c2",
                   "cannot mix here: 'c2' reads a state inside the skip connection from 'a_add' that "
                   "'b_add' closes; the nearest legal sites are 'b1' and 'head'");
    expect_no_site(made, "b_add",
                   "cannot mix here: 'b_add' reads a state inside the skip connection from 'a_add' that "
                   "'b_add' closes; the nearest legal sites are 'b1' and 'head'");
    graph_destroy(made);
}

static void a_skip_from_the_input_leaves_the_input_alone(void **state) {
    (void)state;
    const mixup_layer layers[] = {
        {SAME("a")}, {SAME("b")}, {.op = MIXUP_ADD, .name = "c", .with = {"input"}}};
    graph *made;
    BUILD(&made, layers, 4);
    expect_site(made, "a", "input");
    expect_no_site(made, "b",
                   "cannot mix here: 'b' reads a state inside the skip connection from 'input' that 'c' "
                   "closes; the nearest legal site is 'input'");
    graph_destroy(made);
}

static void reshapes_of_a_tensor_are_the_same_site(void **state) {
    (void)state;
    const mixup_layer layers[] = {{.op = MIXUP_FLATTEN, .name = "flat"},
                                  {.op = MIXUP_DENSE, .units = 6, .name = "a"},
                                  {.op = MIXUP_RESHAPE, .shape = {2, 3}, .name = "grid"},
                                  {.op = MIXUP_LAYER_NORM, .name = "norm"},
                                  {.op = MIXUP_FLATTEN, .name = "flat2"},
                                  {.op = MIXUP_ADD, .name = "sum", .with = {"a"}},
                                  {.op = MIXUP_DENSE, .units = 2, .name = "b"}};
    graph *made;
    BUILD(&made, layers, 2, 3);
    expect_site(made, "flat", "input");
    expect_site(made, "a", "input");
    expect_site(made, "grid", "norm");
    expect_site(made, "b", NULL);
    expect_no_site(made, "flat2",
                   "cannot mix here: 'flat2' reads a state inside the skip connection from 'a' that 'sum' "
                   "closes; the nearest legal sites are 'grid' and 'b'");
    expect_no_site(made, "sum",
                   "cannot mix here: 'sum' reads a state inside the skip connection from 'a' that 'sum' "
                   "closes; the nearest legal sites are 'grid' and 'b'");
    graph_destroy(made);
}

/* By hand: remove the value, and see whether the output can still be reached from the input. */
static bool reaches_without(const graph *in, size_t removed) {
    bool reached[64] = {false};
    assert_in_range(in->value_count, 1, 64);
    reached[GRAPH_INPUT] = in->values[GRAPH_INPUT].storage != removed;
    for (size_t n = 0; n < in->node_count; n++) {
        const graph_node *node = &in->nodes[n];
        bool any = false;
        for (size_t i = 0; i < node->input_count; i++)
            any = any || reached[node->inputs[i]];
        reached[node->output] = any && in->values[node->output].storage != removed;
    }
    return reached[in->output];
}

static void a_site_is_what_cuts_the_output_off_from_the_input(void **state) {
    (void)state;
    const mixup_layer branches[] = {
        {SAME("a")},
        {SAME("b"), .from = "input"},
        {.op = MIXUP_MULTIPLY, .name = "c", .with = {"a"}, .activation = MIXUP_TANH},
        {.op = MIXUP_RESHAPE, .shape = {2, 2}, .name = "d"},
        {.op = MIXUP_FLATTEN, .name = "e"},
        {SAME("f")},
        {.op = MIXUP_CONCAT, .name = "g", .with = {"e", "c"}},
        {SAME("h"), .activation = MIXUP_RELU}};
    for (int i = 0; i < 2; i++) {
        graph *made;
        build_graph(&made, (const size_t[4]){4}, i == 0 ? residual : branches,
                    i == 0 ? MIXUP_COUNT(residual) : MIXUP_COUNT(branches));
        for (size_t v = 0; v < made->value_count; v++)
            assert_int_equal(graph_is_site(made, v), !reaches_without(made, made->values[v].storage));
        graph_destroy(made);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_that_does_nothing_names_the_tensor_that_it_reads),
        cmocka_unit_test(every_input_in_a_chain_is_a_site),
        cmocka_unit_test(a_name_that_is_no_layers_is_refused),
        cmocka_unit_test(states_before_and_behind_residual_blocks_are_sites),
        cmocka_unit_test(states_inside_a_skip_are_refused_with_the_nearest_sites),
        cmocka_unit_test(a_skip_from_the_input_leaves_the_input_alone),
        cmocka_unit_test(reshapes_of_a_tensor_are_the_same_site),
        cmocka_unit_test(a_site_is_what_cuts_the_output_off_from_the_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
