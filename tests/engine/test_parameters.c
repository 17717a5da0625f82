/* The store of parameters, in every engine's layout. */
#include "support/network.h"

/* Sizes that are no multiple of any block. */
static const mixup_layer layers[] = {{.op = MIXUP_DENSE, .units = 37, .activation = MIXUP_RELU},
                                     {.op = MIXUP_BATCH_NORM},
                                     {.op = MIXUP_DENSE, .units = 1},
                                     {.op = MIXUP_DENSE, .units = 130},
                                     {.op = MIXUP_DENSE, .units = 64, .no_bias = true}};

static void make(network *out, mixup_engine kind) {
    network_create(out, &(network_desc){.engine = kind, .input = {53}, NETWORK_LAYERS(layers), .seed = 1});
}

static void expect_values(const network *n, size_t p, parameter_kind kind, const real *expected) {
    real *values = network_read(n, p, kind);
    assert_memory_equal(values, expected, n->graph->parameters[p].count * sizeof(real));
    free(values);
}

static void what_is_written_is_read_again_bit_by_bit(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        network n;
        make(&n, network_engines[e]);
        for (size_t p = 0; p < n.graph->parameter_count; p++)
            for (int kind = 0; kind < PARAMETER_KINDS; kind++) {
                const size_t count = n.graph->parameters[p].count;
                real *values = network_values(count);
                network_uniform(7, (uint32_t)kind, -1.0, 1.0, count, values);
                network_ok(parameter_store_write(n.store, p, (parameter_kind)kind, values));
                const bool kept = !n.graph->parameters[p].buffer || kind == PARAMETER_VALUES ||
                                  kind == PARAMETER_AVERAGE || kind == PARAMETER_BEST;
                if (!kept)
                    memset(values, 0, count * sizeof *values);
                expect_values(&n, p, (parameter_kind)kind, values);
                free(values);
            }
        network_destroy(&n);
    }
}

static void a_kind_that_does_not_exist_reads_as_zeros(void **state) {
    (void)state;
    network n;
    make(&n, MIXUP_ENGINE_AUTO);
    assert_false(parameter_store_has(n.store, PARAMETER_BEST));
    real *zeros = network_values(n.graph->parameters[0].count);
    expect_values(&n, 0, PARAMETER_BEST, zeros);
    network_ok(parameter_store_need(n.store, PARAMETER_BEST));
    assert_true(parameter_store_has(n.store, PARAMETER_BEST));
    expect_values(&n, 0, PARAMETER_BEST, zeros);
    free(zeros);
    network_destroy(&n);
}

static void kinds_are_copied_and_swapped_whole(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        network n;
        make(&n, network_engines[e]);
        network_ok(parameter_store_need(n.store, PARAMETER_BEST));
        real *original[16];
        const size_t count = n.graph->parameter_count;
        assert_in_range(count, 1, 16);
        for (size_t p = 0; p < count; p++)
            original[p] = network_read(&n, p, PARAMETER_VALUES);
        uint64_t version = n.store->version;
        parameter_store_copy(n.store, PARAMETER_VALUES, PARAMETER_BEST);
        assert_true(n.store->version > version);
        network_fill(&n, 2);
        version = n.store->version;
        for (size_t p = 0; p < count; p++)
            expect_values(&n, p, PARAMETER_BEST, original[p]);
        parameter_store_swap(n.store, PARAMETER_VALUES, PARAMETER_BEST);
        assert_true(n.store->version > version);
        network other;
        make(&other, network_engines[e]);
        network_fill(&other, 2);
        for (size_t p = 0; p < count; p++) {
            expect_values(&n, p, PARAMETER_VALUES, original[p]);
            real *second = network_read(&other, p, PARAMETER_VALUES);
            expect_values(&n, p, PARAMETER_BEST, second);
            free(second);
            free(original[p]);
        }
        network_destroy(&other);
        network_destroy(&n);
    }
}

/* The padding of a layout takes part in every update and in the norm of the gradients: it must stay zero. */
static void padding_is_zero_after_training(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        network n;
        make(&n, network_engines[e]);
        real inputs[4 * 53], targets[4 * 64];
        network_uniform(3, 1, -1.0, 1.0, MIXUP_COUNT(inputs), inputs);
        network_uniform(3, 2, -1.0, 1.0, MIXUP_COUNT(targets), targets);
        const plan_key key = {.batch = 4, .update = PLAN_DEFERRED, .site = PLAN_NO_SITE};
        for (uint64_t step = 1; step <= 3; step++)
            network_run(&n, &key, &(network_data){inputs, targets},
                        &(plan_run){.step = step, .learning_rate = 0.01});
        for (size_t p = 0; p < n.graph->parameter_count; p++)
            for (int kind = 0; kind <= PARAMETER_MOMENT2; kind++) {
                const parameter_item *item = &n.store->items[p];
                real *plain = network_read(&n, p, (parameter_kind)kind);
                size_t in_plain = 0, in_stored = 0;
                for (size_t i = 0; i < n.graph->parameters[p].count; i++)
                    in_plain += plain[i] != 0;
                for (size_t i = 0; item->arrays[kind] != NULL && i < item->stored; i++)
                    in_stored += item->arrays[kind][i] != 0;
                assert_int_equal(in_stored, in_plain);
                free(plain);
            }
        network_destroy(&n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again_bit_by_bit),
        cmocka_unit_test(a_kind_that_does_not_exist_reads_as_zeros),
        cmocka_unit_test(kinds_are_copied_and_swapped_whole),
        cmocka_unit_test(padding_is_zero_after_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
