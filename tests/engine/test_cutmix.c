/* CutMix on every engine: against PyTorch at the input and on feature maps; the layouts that it works in; and
 * the same bits from any number of threads. */
#include "support/cutmix.h"

#ifdef MIXUP_WITH_DNNL
#include "engine/dnnl/dnnl_engine.h"
#endif

/* Single precision through a norm, amplified by eight steps of training. */
static const double TOLERANCE = 3e-4;

static void every_engine_trains_with_cutmix_as_pytorch_does(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        cutmix_check(network_engines[e], TOLERANCE);
}

#ifdef MIXUP_WITH_DNNL

/* ---- layouts of 2 images of 20 channels 3 × 5, of floats and of bf16 */

static void expect_same_layout(const mix_layout *found, const mix_layout *expected, mix_values values) {
    assert_int_equal(found->outer, expected->outer);
    assert_int_equal(found->height, expected->height);
    assert_int_equal(found->width, expected->width);
    assert_int_equal(found->inner, expected->inner);
    assert_int_equal(found->values, values);
}

static void expect_layout(dnnl_format_tag_t tag, const mix_layout *expected) {
    static const dnnl_data_type_t types[] = {[MIX_REAL] = dnnl_f32, [MIX_BF16] = dnnl_bf16};
    const dnnl_dims_t sizes = {2, 20, 3, 5};
    for (int values = MIX_REAL; values <= MIX_BF16; values++) {
        dnnl_memory_desc_t layout;
        mix_layout found = {.outer = 7};
        assert_int_equal(dnnl_memory_desc_init_by_tag(&layout, 4, sizes, types[values], tag), dnnl_success);
        assert_int_equal(dnnl_image_layout(&layout, &found), expected != NULL);
        if (expected == NULL)
            continue;
        expect_same_layout(&found, expected, (mix_values)values);
        assert_int_equal(2 * mix_width(&found) * mix_value_size(&found), dnnl_memory_desc_get_size(&layout));
    }
}

static void rows_of_an_image_are_found_in_every_layout_that_has_them(void **state) {
    (void)state;
    expect_layout(dnnl_nchw, &(mix_layout){20, 3, 5, 1, MIX_REAL});
    expect_layout(dnnl_nhwc, &(mix_layout){1, 3, 5, 20, MIX_REAL});
    expect_layout(dnnl_nChw16c, &(mix_layout){2, 3, 5, 16, MIX_REAL});
    expect_layout(dnnl_nChw8c, &(mix_layout){3, 3, 5, 8, MIX_REAL});
    expect_layout(dnnl_nChw4c, &(mix_layout){5, 3, 5, 4, MIX_REAL});
    expect_layout(dnnl_chwn, NULL);                                 /* samples innermost */
    expect_layout(dnnl_acdb, &(mix_layout){1, 3, 5, 20, MIX_REAL}); /* "nhwc" by another name */
    expect_layout(dnnl_abdc, NULL);                                 /* width before height */
    expect_layout(dnnl_NChw16n16c, NULL);                           /* blocks of samples */
}

static void a_layout_of_one_channel_is_found(void **state) {
    (void)state;
    const dnnl_dims_t sizes = {2, 1, 3, 5};
    static const dnnl_format_tag_t tags[] = {dnnl_nchw, dnnl_nhwc};
    for (size_t t = 0; t < MIXUP_COUNT(tags); t++) {
        dnnl_memory_desc_t layout;
        mix_layout found;
        assert_int_equal(dnnl_memory_desc_init_by_tag(&layout, 4, sizes, dnnl_f32, tags[t]), dnnl_success);
        assert_true(dnnl_image_layout(&layout, &found));
        expect_same_layout(&found, &(mix_layout){1, 3, 5, 1, MIX_REAL}, MIX_REAL);
    }
}

/* ---- threads */

enum { LARGE_BATCH = 24, LARGE_COUNT = LARGE_BATCH * 16 * 16 * 16 };

/* The state and the gradient of a mix large enough to be divided; to be freed. */
static real *mixed_by(size_t threads, const network_draw *draw, const real *inputs) {
    const mixup_layer layers[] = {{.op = MIXUP_GLOBAL_AVERAGE_POOL},
                                  {.op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX}};
    network n;
    network_create(&n, &(network_desc){.engine = MIXUP_ENGINE_DNNL,
                                       .input = {16, 16, 16},
                                       NETWORK_LAYERS(layers),
                                       .seed = 1});
    n.engine->threads = threads;
    real targets[LARGE_BATCH * 3] = {0};
    real *result = network_values(LARGE_COUNT + 1);
    const plan_key key = {
        .batch = LARGE_BATCH, .update = PLAN_GRADIENTS, .site = GRAPH_INPUT, .input_gradient = true};
    plan_run run = {.draw = &draw->draw, .step = 1};
    const plan *made = network_run(&n, &key, &(network_data){inputs, targets}, &run);
    memcpy(result, plan_input_gradient(made), LARGE_COUNT * sizeof *result);
    result[LARGE_COUNT] = (real)run.loss;
    network_destroy(&n);
    return result;
}

static void the_mix_has_the_same_bits_on_any_number_of_threads(void **state) {
    (void)state;
    real *inputs = network_values(LARGE_COUNT);
    network_uniform(3, 1, -1.0, 1.0, LARGE_COUNT, inputs);
    for (int kind = 0; kind < 2; kind++) {
        network_draw draw;
        if (kind == 0)
            network_draw_make(&draw, LARGE_BATCH, true, 4);
        else
            network_draw_cut(&draw, LARGE_BATCH, true, 4);
        real *one = mixed_by(1, &draw, inputs);
        real *several = mixed_by(3, &draw, inputs);
        assert_memory_equal(one, several, (LARGE_COUNT + 1) * sizeof *one);
        free(one);
        free(several);
    }
    free(inputs);
}

#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_trains_with_cutmix_as_pytorch_does),
#ifdef MIXUP_WITH_DNNL
        cmocka_unit_test(rows_of_an_image_are_found_in_every_layout_that_has_them),
        cmocka_unit_test(a_layout_of_one_channel_is_found),
        cmocka_unit_test(the_mix_has_the_same_bits_on_any_number_of_threads),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
