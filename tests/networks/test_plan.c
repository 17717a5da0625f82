/* The layers that name the states between stages cost nothing: without them a plan has as many steps, needs
 * as much memory and gives the same bits, also where it mixes there. */
#include "support/network.h"

#include "engine/plan_inside.h"

enum { BATCH = 4, CLASSES = 3 };

static const mixup_network_desc descriptions[] = {
    {.kind = MIXUP_PREACT_RESNET, .input = {3, 8, 8}, .classes = CLASSES, .width = 4},
    {.kind = MIXUP_WIDE_RESNET, .input = {3, 8, 8}, .classes = CLASSES, .depth = 10, .widening = 1},
    {.kind = MIXUP_VGG, .input = {3, 32, 32}, .classes = CLASSES, .depth = 11, .width = 4},
    {.kind = MIXUP_LENET, .input = {3, 28, 28}, .classes = CLASSES},
    {.kind = MIXUP_ALL_CONVOLUTIONAL, .input = {3, 16, 16}, .classes = CLASSES, .width = 4},
    {.kind = MIXUP_MLP,
     .input = {7, 3},
     .classes = CLASSES,
     .widths = (const size_t[]){9, 8},
     .width_count = 2,
     .bottleneck = 4},
};

static bool names_a_site(const mixup_layer *layer) {
    return strncmp(layer->name, "after_", strlen("after_")) == 0;
}

/* What stands before the layer `name` if that only names a site. */
static const char *real_source(const mixup_network *made, const char *name) {
    for (size_t i = 1; name != NULL && i < made->layer_count; i++)
        if (strcmp(made->layers[i].name, name) == 0 && names_a_site(&made->layers[i]))
            return made->layers[i - 1].name;
    return name;
}

/* The layers without those that name sites; to be freed. `behind` becomes the name of the layer that reads
 * the state after stage 2. */
static mixup_layer *without_sites(const mixup_network *made, size_t *count, const char **behind) {
    mixup_layer *kept = calloc(made->layer_count, sizeof *kept);
    assert_non_null(kept);
    *count = 0;
    for (size_t i = 0; i < made->layer_count; i++) {
        if (i > 0 && strcmp(made->layers[i - 1].name, "after_stage2") == 0)
            *behind = made->layers[i].name;
        if (names_a_site(&made->layers[i]))
            continue;
        mixup_layer *layer = &kept[(*count)++];
        *layer = made->layers[i];
        layer->from = real_source(made, layer->from);
        layer->with[0] = real_source(made, layer->with[0]);
    }
    assert_true(*count < made->layer_count);
    return kept;
}

/* One prediction and one mixed step of training. */
typedef struct outcome {
    size_t steps[2], memory;
    real outputs[2][BATCH * CLASSES];
} outcome;

static void run_network(const mixup_network_desc *desc, mixup_engine kind, const mixup_layer *layers,
                        size_t count, const char *site, outcome *out) {
    network made;
    network_desc described = {.engine = kind, .layers = layers, .layer_count = count, .seed = 3};
    memcpy(described.input, desc->input, sizeof described.input);
    network_create(&made, &described);
    const size_t width = network_input_width(&made);
    real *inputs = network_values(BATCH * width);
    real targets[BATCH * CLASSES] = {0};
    network_draw draw;
    network_draw_make(&draw, BATCH, true, 5);
    network_uniform(6, 1, -1.0, 1.0, BATCH * width, inputs);
    network_targets(MIXUP_SOFTMAX_CROSS_ENTROPY, 6, BATCH, CLASSES, targets);
    const plan_key keys[] = {
        {.batch = BATCH, .site = PLAN_NO_SITE, .output = made.graph->output},
        {.batch = BATCH, .update = PLAN_FUSED, .site = network_site(&made, site)},
    };
    plan_run run = {.draw = &draw.draw, .step = 1, .epoch_step = 1, .learning_rate = 0.01};
    for (size_t k = 0; k < MIXUP_COUNT(keys); k++) {
        const plan *ran = network_run(&made, &keys[k], &(network_data){inputs, targets}, &run);
        out->steps[k] = ran->step_count;
        memcpy(out->outputs[k], plan_output(ran), sizeof out->outputs[k]);
    }
    out->memory = plan_cache_memory(made.cache);
    free(inputs);
    network_destroy(&made);
}

static void naming_a_site_costs_nothing(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        for (size_t d = 0; d < MIXUP_COUNT(descriptions); d++) {
            mixup_network *made = NULL;
            size_t count = 0;
            const char *behind = NULL;
            outcome with = {.memory = 0};
            outcome without = {.memory = 0};
            network_ok(mixup_network_create(&made, &descriptions[d]));
            mixup_layer *bare = without_sites(made, &count, &behind);
            run_network(&descriptions[d], network_engines[e], made->layers, made->layer_count, "after_stage2",
                        &with);
            run_network(&descriptions[d], network_engines[e], bare, count, behind, &without);
            for (size_t k = 0; k < MIXUP_COUNT(with.steps); k++)
                assert_int_equal(with.steps[k], without.steps[k]);
            assert_int_equal(with.memory, without.memory);
            assert_memory_equal(with.outputs, without.outputs, sizeof with.outputs);
            free(bare);
            mixup_network_destroy(made);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(naming_a_site_costs_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
