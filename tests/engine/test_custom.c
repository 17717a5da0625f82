/* A user's own layer: what its functions get, and what becomes of their failures. Its numbers are checked by
 * test_torch. On every engine. */
#include "support/network.h"

#ifdef _OPENMP
#include <omp.h>
#endif

enum { BATCH = 3, WIDTH = 4, STATES = BATCH * WIDTH, OUTPUTS = 2, TARGETS = BATCH * OUTPUTS };

/* What the functions saw. */
typedef struct record {
    size_t forward, backward;
    bool training;
    bool wanted_input, wanted_parameters;
    bool fail_forward, fail_backward;
} record;

static mixup_status pass_shape(void *user, const size_t *input, size_t *output) {
    (void)user;
    assert_int_equal(input[0], WIDTH);
    assert_int_equal(input[1], 0);
    output[0] = WIDTH;
    return MIXUP_OK;
}

/* y = x + shift */
static mixup_status pass_forward(const mixup_custom_call *call) {
    record *seen = call->user;
    seen->forward++;
    seen->training = call->training;
    assert_int_equal(call->batch, BATCH);
    for (size_t i = 0; i < STATES; i++)
        call->output[i] = call->input[i] + call->parameters[0][i % WIDTH];
    return seen->fail_forward ? MIXUP_ERROR_DATA : MIXUP_OK;
}

static mixup_status pass_backward(const mixup_custom_call *call) {
    record *seen = call->user;
    seen->backward++;
    seen->wanted_input = call->input_gradient != NULL;
    seen->wanted_parameters = call->parameter_gradients[0] != NULL;
    for (size_t i = 0; i < STATES; i++) {
        expect_near(call->output[i], call->input[i] + call->parameters[0][i % WIDTH], 0.0);
        if (seen->wanted_input)
            call->input_gradient[i] = call->output_gradient[i];
    }
    for (size_t k = 0; seen->wanted_parameters && k < WIDTH; k++) {
        call->parameter_gradients[0][k] = 0;
        for (size_t n = 0; n < BATCH; n++)
            call->parameter_gradients[0][k] += call->output_gradient[n * WIDTH + k];
    }
    return seen->fail_backward ? MIXUP_ERROR_DATA : MIXUP_OK;
}

static const mixup_custom_parameter parameters[] = {
    {.name = "shift", .shape = {WIDTH}, .initial_value = 2.0f}};

static mixup_custom shift_layer(record *seen) {
    return (mixup_custom){.kind = "shift",
                          .shape = pass_shape,
                          .forward = pass_forward,
                          .backward = pass_backward,
                          .parameters = parameters,
                          .parameter_count = 1,
                          .user = seen};
}

/* dense (frozen or not), the custom layer (frozen or not), dense */
static void make(network *out, const mixup_custom *custom, mixup_engine kind, bool freeze_below,
                 bool freeze) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = WIDTH, .frozen = freeze_below},
        {.op = MIXUP_CUSTOM, .custom = custom, .name = "mine", .frozen = freeze},
        {.op = MIXUP_DENSE, .units = OUTPUTS},
    };
    network_create(out, &(network_desc){.engine = kind, .input = {WIDTH}, NETWORK_LAYERS(layers)});
}

static mixup_status execute(network *n, plan_update update) {
    plan *made = NULL;
    engine_environment saved;
    engine_enter(n->engine, &saved);
    const plan_key key = {.batch = BATCH,
                          .update = update,
                          .site = PLAN_NO_SITE,
                          .output = n->graph->output,
                          .loss = MIXUP_MEAN_SQUARED_ERROR};
    network_ok(plan_get(n->cache, &key, &made));
    network_uniform(1, 1, -1.0, 1.0, STATES, plan_input(made));
    if (update != PLAN_FORWARD)
        memset(plan_targets(made), 0, TARGETS * sizeof(real));
    plan_run run = {.step = 1};
    const mixup_status status = plan_execute(made, &run);
    engine_leave(n->engine, &saved);
    return status;
}

static void a_custom_layer_is_asked_only_for_the_gradients_that_are_wanted(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (int below = 0; below < 2; below++)
            for (int frozen = 0; frozen < 2; frozen++) {
                record seen = {0};
                const mixup_custom custom = shift_layer(&seen);
                network n;
                make(&n, &custom, network_engines[e], below != 0, frozen != 0);
                network_ok(execute(&n, PLAN_GRADIENTS));
                assert_int_equal(seen.forward, 1);
                assert_true(seen.training);
                /* Nothing is computed below the lowest trainable layer. */
                assert_int_equal(seen.backward, below != 0 && frozen != 0 ? 0 : 1);
                assert_int_equal(seen.wanted_input, below == 0);
                assert_int_equal(seen.wanted_parameters, frozen == 0);
                network_ok(execute(&n, PLAN_FORWARD));
                assert_false(seen.training);
                network_ok(execute(&n, PLAN_INPUT_GRADIENT));
                assert_false(seen.training);
                assert_true(seen.wanted_input);
                assert_false(seen.wanted_parameters);
                network_destroy(&n);
            }
}

static void a_failing_function_ends_the_run_and_is_named(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        record seen = {.fail_forward = true};
        const mixup_custom custom = shift_layer(&seen);
        network n;
        make(&n, &custom, network_engines[e], false, false);
        network_expect(execute(&n, PLAN_FUSED), MIXUP_ERROR_CALLBACK);
        assert_non_null(strstr(mixup_last_error(), "'shift'"));
        assert_non_null(strstr(mixup_last_error(), "forward"));
        assert_int_equal(seen.backward, 0);
        seen.fail_forward = false;
        seen.fail_backward = true;
        network_expect(execute(&n, PLAN_FUSED), MIXUP_ERROR_CALLBACK);
        assert_non_null(strstr(mixup_last_error(), "backward"));
        seen.fail_backward = false;
        network_ok(execute(&n, PLAN_FUSED));
        network_destroy(&n);
    }
}

static void the_graph_keeps_copies_of_the_description(void **state) {
    (void)state;
    record seen = {0};
    mixup_custom custom = shift_layer(&seen);
    network n;
    make(&n, &custom, MIXUP_ENGINE_REFERENCE, false, false);
    custom = (mixup_custom){0};
    network_ok(execute(&n, PLAN_GRADIENTS));
    assert_int_equal(n.graph->parameters[2].initial.kind, MIXUP_CONSTANT);
    assert_string_equal(n.graph->parameters[2].name, "mine.shift");
    network_destroy(&n);
}

/* ---- a layer whose functions may have threads of their own */

enum { WIDE = 600 };

static mixup_status wide_shape(void *user, const size_t *input, size_t *output) {
    (void)user;
    output[0] = input[0];
    return MIXUP_OK;
}

static void look_for_team(bool *within_team) {
#ifdef _OPENMP
    *within_team = *within_team || omp_in_parallel() != 0;
#else
    (void)within_team;
#endif
}

static mixup_status wide_forward(const mixup_custom_call *call) {
    look_for_team(call->user);
    memcpy(call->output, call->input, call->batch * WIDE * sizeof *call->output);
    return MIXUP_OK;
}

static mixup_status wide_backward(const mixup_custom_call *call) {
    look_for_team(call->user);
    memcpy(call->input_gradient, call->output_gradient, call->batch * WIDE * sizeof *call->output);
    return MIXUP_OK;
}

static void its_functions_are_called_while_no_team_of_threads_is_at_work(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        bool within_team = false;
        const mixup_custom custom = {.kind = "same",
                                     .shape = wide_shape,
                                     .forward = wide_forward,
                                     .backward = wide_backward,
                                     .user = &within_team};
        const mixup_layer layers[] = {
            {.op = MIXUP_DENSE, .units = WIDE}, /* large enough to be divided */
            {.op = MIXUP_CUSTOM, .custom = &custom},
            {.op = MIXUP_DENSE, .units = WIDE},
            {.op = MIXUP_DENSE, .units = OUTPUTS},
        };
        network n;
        network_create(
            &n, &(network_desc){.engine = network_engines[e], .input = {WIDTH}, NETWORK_LAYERS(layers)});
        n.engine->threads = 2;
        network_ok(execute(&n, PLAN_FUSED));
        assert_false(within_team);
        network_destroy(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_custom_layer_is_asked_only_for_the_gradients_that_are_wanted),
        cmocka_unit_test(a_failing_function_ends_the_run_and_is_named),
        cmocka_unit_test(the_graph_keeps_copies_of_the_description),
        cmocka_unit_test(its_functions_are_called_while_no_team_of_threads_is_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
