/* The kernels of dense layers against plain loops in double, for every instruction set that this processor
 * has, shapes that fill no vector, and any division into parts. Those for bf16 are given values of which each
 * is one of bf16: their products are exact, so that the same tolerance holds. */
#include "support/network.h"

#include "tensor/bf16.h"

#ifdef MIXUP_WITH_DNNL

#include "engine/product/product.h"

#include <float.h>

typedef struct sizes {
    size_t units, features, batch;
} sizes;

/* Narrow, wide, several panels with and without a narrower one, more rows than a block, deeper than a block,
 * deep enough to be cut into halves, so wide that inner products are added up in ranges; vectors across units
 * and across features. */
static const sizes SIZES[] = {{1, 1, 1},      {3, 64, 1},    {64, 13, 1},   {10, 100, 7}, {100, 10, 20},
                              {130, 300, 33}, {70, 271, 9},  {33, 17, 5},   {12, 192, 3}, {2, 67, 127},
                              {128, 64, 100}, {65, 520, 2},  {17, 16, 253}, {5, 2, 11},   {200, 264, 6},
                              {70, 517, 40},  {20, 40, 600}, {1100, 9, 7},  {9, 2061, 5}};

enum { LEVELS = 3 };

static const product_kernels *kernels_of(size_t level) {
#if defined(__x86_64__)
    if (level == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return product_find(PRODUCT_AVX2);
    if (level == 1 && __builtin_cpu_supports("avx512f"))
        return product_find(PRODUCT_AVX512);
    if (level == 2 && __builtin_cpu_supports("avx512bf16"))
        return product_find(PRODUCT_AVX512_BF16);
#endif
    (void)level;
    return NULL;
}

/* Everything that a layer's three products read, and what they should give. */
typedef struct layer {
    sizes sizes;
    panel_layout layout;
    real *weight, *stored; /* [units][features] */
    real *input, *output_gradient, *bias, *activated;
    real *output, *delta, *input_gradient, *weight_gradient, *bias_gradient; /* as plain loops make them */
} layer;

static const float SLOPE = 0.25f;

static real *random_values(uint32_t number, size_t count) {
    real *values = network_values(count);
    network_uniform(9, number, -1.0, 1.0, count, values);
    return values;
}

static bool pairs(const layer *l) {
    return product_terms(l->layout.kernels) == 2;
}

/* To what the kernels multiply. */
static void round_values(const layer *l, size_t count, real *values) {
    for (size_t i = 0; pairs(l) && i < count; i++)
        values[i] = bf16_to_float(bf16_from_float(values[i]));
}

static real leaked(double z) {
    return (real)(z > 0.0 ? z : (double)SLOPE * z);
}

static void expect_forward(layer *l) {
    const sizes *s = &l->sizes;
    for (size_t b = 0; b < s->batch; b++)
        for (size_t u = 0; u < s->units; u++) {
            double z = (double)l->bias[u];
            for (size_t f = 0; f < s->features; f++)
                z += (double)l->input[b * s->features + f] * (double)l->weight[u * s->features + f];
            l->output[b * s->units + u] = leaked(z);
        }
}

static void expect_backward(layer *l) {
    const sizes *s = &l->sizes;
    for (size_t b = 0; b < s->batch; b++)
        for (size_t u = 0; u < s->units; u++) {
            const size_t at = b * s->units + u;
            l->delta[at] = l->output_gradient[at] * (l->activated[at] > 0.0f ? 1.0f : SLOPE);
            l->bias_gradient[u] += l->delta[at];
        }
    round_values(l, s->batch * s->units, l->delta);
    for (size_t b = 0; b < s->batch; b++)
        for (size_t f = 0; f < s->features; f++) {
            double sum = 0.0;
            for (size_t u = 0; u < s->units; u++)
                sum += (double)l->delta[b * s->units + u] * (double)l->weight[u * s->features + f];
            l->input_gradient[b * s->features + f] = (real)sum;
        }
    for (size_t u = 0; u < s->units; u++)
        for (size_t f = 0; f < s->features; f++) {
            double sum = 0.0;
            for (size_t b = 0; b < s->batch; b++)
                sum += (double)l->delta[b * s->units + u] * (double)l->input[b * s->features + f];
            l->weight_gradient[u * s->features + f] = (real)sum;
        }
}

static void make_layer(layer *l, const sizes *s, const product_kernels *kernels) {
    const size_t weights = s->units * s->features;
    *l = (layer){.sizes = *s, .layout = panel_layout_of(kernels, s->units, s->features)};
    l->weight = random_values(1, weights);
    l->input = random_values(2, s->batch * s->features);
    round_values(l, weights, l->weight);
    round_values(l, s->batch * s->features, l->input);
    l->output_gradient = random_values(3, s->batch * s->units);
    l->activated = random_values(4, s->batch * s->units);
    for (size_t i = 0; i < s->batch * s->units; i += 3)
        l->activated[i] = 0.0f; /* what a ReLU leaves of a negative value: not above 0 */
    l->bias = random_values(5, s->units);
    l->output = network_values(s->batch * s->units);
    l->delta = network_values(s->batch * s->units);
    l->input_gradient = network_values(s->batch * s->features);
    l->weight_gradient = network_values(weights);
    l->bias_gradient = network_values(s->units);
    memset(l->bias_gradient, 0, s->units * sizeof(real));
    l->stored = network_values(panel_stored(&l->layout));
    panel_write_part(&l->layout, l->weight, l->stored, 0, 1);
    expect_forward(l);
    expect_backward(l);
}

static void free_layer(layer *l) {
    real *const arrays[] = {l->weight,         l->stored,          l->input,        l->output_gradient,
                            l->bias,           l->activated,       l->output,       l->delta,
                            l->input_gradient, l->weight_gradient, l->bias_gradient};
    for (size_t i = 0; i < MIXUP_COUNT(arrays); i++)
        free(arrays[i]);
}

/* Sums of `terms` products of values below 1, rounded once each. */
static void expect_all_near(const layer *l, const char *what, const real *given, const real *expected,
                            size_t count, size_t terms) {
    const double tolerance = (double)(terms + 2) * FLT_EPSILON;
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)given[i] - (double)expected[i]) <= tolerance))
            fail_msg("%zu features, %zu units, batch %zu: %s[%zu] is %.9g instead of %.9g", l->sizes.features,
                     l->sizes.units, l->sizes.batch, what, i, (double)given[i], (double)expected[i]);
}

/* ---- one product, in parts, in any order */

typedef void (*part_function)(const void *call, size_t part, size_t parts);

static void in_parts(part_function run, const void *call, size_t parts) {
    for (size_t part = parts; part-- > 0;)
        run(call, part, parts);
}

static void pack_part(const void *call, size_t part, size_t parts) {
    product_pack_part(call, part, parts);
}

static void outer_part(const void *call, size_t part, size_t parts) {
    product_outer_part(call, part, parts);
}

static void join_part(const void *call, size_t part, size_t parts) {
    product_outer_join_part(call, part, parts);
}

static void inner_part(const void *call, size_t part, size_t parts) {
    product_inner_part(call, part, parts);
}

static void weights_part(const void *call, size_t part, size_t parts) {
    product_weights_part(call, part, parts);
}

/* Factors of plain states [batch][columns]: in panels like those of the weights, or with whole rows so far
 * apart (0: as far as they are long). */
static real *pack_states(const layer *l, product_sum sum, const real *states, size_t parts) {
    real *packed = network_values(product_packed_count(&l->layout, sum, l->sizes.batch));
    const product_pack pack = {.kernels = l->layout.kernels,
                               .sum = sum,
                               .batch = l->sizes.batch,
                               .across = l->layout.across,
                               .values = states,
                               .slope = 1.0f,
                               .out = packed};
    in_parts(pack_part, &pack, parts);
    return packed;
}

static real *pack_rows(const layer *l, product_sum sum, const real *states, size_t row, size_t parts) {
    real *packed = network_values(l->sizes.batch * (row > 0 ? row : l->layout.along));
    const product_pack pack = {.kernels = l->layout.kernels,
                               .sum = sum,
                               .batch = l->sizes.batch,
                               .across = l->layout.along,
                               .values = states,
                               .slope = 1.0f,
                               .out = packed,
                               .plain = true,
                               .out_row = row};
    in_parts(pack_part, &pack, parts);
    return packed;
}

/* From plain `left` [batch][across or along] to `out`, with or without bias and activation. */
static void run_product(const layer *l, bool inner, const real *left, bool whole, real *out, size_t parts) {
    const real *bias = whole ? l->bias : NULL;
    const float slope = whole ? SLOPE : 1.0f;
    const size_t batch = l->sizes.batch;
    const bool halves = !inner && product_outer_halves(&l->layout);
    real *scratch = network_values(parts * product_scratch_count(&l->layout) + 1);
    real *partial = halves ? network_values(batch * l->layout.across) : NULL;
    real *packed = inner ? pack_states(l, PRODUCT_ALONG_ROW, left, parts)
                         : pack_rows(l, PRODUCT_ALONG_ROW, left, 0, parts);
    if (inner) {
        const product_inner call = {
            .layout = &l->layout,
            .weights = l->stored,
            .batch = batch,
            .left = product_packed(&l->layout, PRODUCT_ALONG_ROW, batch, packed),
            .bias = bias,
            .slope = slope,
            .out = out,
            .scratch = scratch,
        };
        in_parts(inner_part, &call, parts);
    } else {
        const product_outer call = {.layout = &l->layout,
                                    .weights = l->stored,
                                    .batch = batch,
                                    .left = packed,
                                    .bias = bias,
                                    .slope = slope,
                                    .out = out,
                                    .partial = partial,
                                    .scratch = scratch};
        in_parts(outer_part, &call, parts);
        if (halves)
            in_parts(join_part, &call, parts);
    }
    free(packed);
    free(partial);
    free(scratch);
}

/* A tile that came twice would count twice, as it would for an optimiser. */
static void add(void *user, size_t at, size_t count, const float *gradient) {
    for (size_t i = 0; i < count; i++)
        ((real *)user)[at + i] += gradient[i];
}

/* `how` says who gets the gradient, and how far apart rows of the along states are. */
static void run_weights_as(const layer *l, product_weights how, size_t parts) {
    const bool by_unit = l->layout.by_unit;
    real *across = pack_states(l, PRODUCT_OVER_BATCH, by_unit ? l->delta : l->input, 1);
    real *along = pack_rows(l, PRODUCT_OVER_BATCH, by_unit ? l->input : l->delta, how.along_row, 2);
    how.layout = &l->layout;
    how.batch = l->sizes.batch;
    how.along = along;
    how.across = product_packed(&l->layout, PRODUCT_OVER_BATCH, how.batch, across);
    in_parts(weights_part, &how, parts);
    free(along);
    free(across);
}

/* Adds the stored gradient of W to `out`. The along states have rows so far apart. */
static void run_weights_spread(const layer *l, size_t row, real *out, size_t parts) {
    const product_weights how = {
        .along_row = row, .take = add, .user = out, .ahead = {l->stored, NULL, l->stored}};
    run_weights_as(l, how, parts);
}

static void run_weights(const layer *l, real *out, size_t parts) {
    run_weights_spread(l, l->layout.along, out, parts);
}

/* ---- the tests */

typedef void (*layer_check)(const layer *l);

static void for_every_layer(layer_check check) {
    bool any = false;
    for (size_t level = 0; level < LEVELS; level++)
        for (size_t i = 0; kernels_of(level) != NULL && i < MIXUP_COUNT(SIZES); i++) {
            layer l;
            make_layer(&l, &SIZES[i], kernels_of(level));
            check(&l);
            free_layer(&l);
            any = true;
        }
    if (!any)
        skip();
}

static void check_layout(const layer *l) {
    const size_t count = l->sizes.units * l->sizes.features;
    const size_t stored = panel_stored(&l->layout);
    real *plain = network_values(count);
    panel_read(&l->layout, l->stored, plain);
    assert_memory_equal(plain, l->weight, count * sizeof *plain);
    size_t zeros = 0;
    for (size_t i = 0; i < stored; i++)
        zeros += l->stored[i] == 0.0f;
    assert_int_equal(zeros, stored - count); /* no random value is 0 */
    free(plain);
}

static void weights_come_back_from_their_layout_and_its_padding_is_zero(void **state) {
    (void)state;
    for_every_layer(check_layout);
}

static void check_forward(const layer *l) {
    const size_t count = l->sizes.batch * l->sizes.units;
    real *out = network_values(count);
    run_product(l, !l->layout.by_unit, l->input, true, out, 1);
    expect_all_near(l, "output", out, l->output, count, l->sizes.features);
    free(out);
}

static void forward_is_the_leaked_sum_of_products_and_bias(void **state) {
    (void)state;
    for_every_layer(check_forward);
}

static void check_input_gradient(const layer *l) {
    const size_t count = l->sizes.batch * l->sizes.features;
    real *out = network_values(count);
    run_product(l, l->layout.by_unit, l->delta, false, out, 1);
    expect_all_near(l, "input gradient", out, l->input_gradient, count, l->sizes.units);
    free(out);
}

static void the_inputs_gradient_is_the_product_with_the_transposed_weights(void **state) {
    (void)state;
    for_every_layer(check_input_gradient);
}

static void check_weight_gradient(const layer *l) {
    const size_t stored = panel_stored(&l->layout);
    real *gradient = network_values(stored);
    real *plain = network_values(l->sizes.units * l->sizes.features);
    real *again = network_values(stored);
    memset(gradient, 0, stored * sizeof *gradient);
    run_weights(l, gradient, 1);
    panel_read(&l->layout, gradient, plain);
    expect_all_near(l, "weight gradient", plain, l->weight_gradient, l->sizes.units * l->sizes.features,
                    l->sizes.batch);
    for (size_t part = 0; part < 3; part++) /* with zeros for the padding */
        panel_write_part(&l->layout, plain, again, part, 3);
    assert_memory_equal(again, gradient, stored * sizeof *gradient);
    memset(again, 0, stored * sizeof *again);
    run_weights_spread(l, l->layout.along + 5, again, 1);
    assert_memory_equal(again, gradient, stored * sizeof *gradient);
    free(again);
    free(plain);
    free(gradient);
}

static void the_weights_gradient_sums_over_the_batch_and_leaves_the_padding_zero(void **state) {
    (void)state;
    for_every_layer(check_weight_gradient);
}

/* ---- Adam's update */

typedef struct adam_state {
    size_t count;
    real *values, *moment1, *moment2;
} adam_state;

static adam_state make_adam_state(const layer *l) {
    const size_t plain_count = l->sizes.units * l->sizes.features;
    const size_t count = panel_stored(&l->layout);
    adam_state state = {count, network_values(count), network_values(count), network_values(count)};
    real *moment = random_values(6, plain_count);
    panel_write_part(&l->layout, l->weight, state.values, 0, 1);
    panel_write_part(&l->layout, moment, state.moment1, 0, 1);
    for (size_t i = 0; i < plain_count; i++)
        moment[i] = i % 5 == 0 ? 0 : moment[i] * moment[i];
    panel_write_part(&l->layout, moment, state.moment2, 0, 1);
    free(moment);
    return state;
}

static void free_adam_state(adam_state *state) {
    free(state->values);
    free(state->moment1);
    free(state->moment2);
}

static void check_adam(const layer *l) {
    static const size_t PARTS[] = {1, 2, 3, 64};
    mixup_optimizer optimizer = {.kind = MIXUP_ADAM, .learning_rate = 0.125f};
    network_ok(optimizer_resolve(&optimizer, &optimizer));
    const optimizer_step step = optimizer_prepare(&optimizer, 0.125, 3, 1.0, 0.0);
    adam_state expected = make_adam_state(l);
    real *gradient = network_values(expected.count);
    memset(gradient, 0, expected.count * sizeof *gradient);
    run_weights(l, gradient, 1);
    const optimizer_arrays arrays = {.values = expected.values,
                                     .gradient = gradient,
                                     .moment1 = expected.moment1,
                                     .moment2 = expected.moment2};
    optimizer_update(&optimizer, &step, &arrays, 0, expected.count);
    for (size_t p = 0; p < MIXUP_COUNT(PARTS) && product_has_adam(l->layout.kernels); p++) {
        adam_state given = make_adam_state(l);
        const product_adam adam = {.values = given.values,
                                   .moment1 = given.moment1,
                                   .moment2 = given.moment2,
                                   .beta1 = step.beta1,
                                   .beta2 = step.beta2,
                                   .step_size = step.step_size,
                                   .epsilon = step.epsilon};
        run_weights_as(l, (product_weights){.along_row = l->layout.along, .adam = &adam}, PARTS[p]);
        assert_memory_equal(given.values, expected.values, expected.count * sizeof(real));
        assert_memory_equal(given.moment1, expected.moment1, expected.count * sizeof(real));
        assert_memory_equal(given.moment2, expected.moment2, expected.count * sizeof(real));
        free_adam_state(&given);
    }
    free(gradient);
    free_adam_state(&expected);
}

static void adams_update_beside_the_sums_has_the_bits_of_the_optimizers_loop_in_any_parts(void **state) {
    (void)state;
    for_every_layer(check_adam);
}

static void rows_are_spread_where_they_compete_and_never_drawn_together(void **state) {
    (void)state;
    const product_kernels *kernels = product_find(PRODUCT_AVX2);
    if (kernels == NULL)
        skip();
    const panel_layout competing = panel_layout_of(kernels, 256, 1024);
    const panel_layout other = panel_layout_of(kernels, 256, 1023);
    assert_true(product_spread_row(&competing, 100) > 1024);
    assert_int_equal(product_spread_row(&competing, 1), 1024);
    assert_int_equal(product_spread_row(&other, 100), 1023);
}

/* Value (b, c) of [batch][columns] in plain factors for that sum. */
static real unpacked(const layer *l, product_sum sum, const real *factors, size_t b, size_t c) {
    const size_t units = l->sizes.units;
    bf16 pair[2];
    if (!pairs(l))
        return factors[b * units + c];
    const bool rows = sum == PRODUCT_OVER_BATCH;
    memcpy(pair, rows ? factors + b / 2 * units + c : factors + b * ((units + 1) / 2) + c / 2, sizeof pair);
    return bf16_to_float(pair[(rows ? b : c) % 2]);
}

static void check_pack(const layer *l) {
    const size_t units = l->sizes.units, batch = l->sizes.batch;
    real *plain = network_values((batch + 1) * units);
    real *sums = network_values(units);
    static const product_sum SUMS[] = {PRODUCT_ALONG_ROW, PRODUCT_OVER_BATCH};
    for (size_t i = 0; i < MIXUP_COUNT(SUMS); i++) {
        memset(sums, 0, units * sizeof *sums);
        const product_pack call = {.kernels = l->layout.kernels,
                                   .sum = SUMS[i],
                                   .batch = batch,
                                   .across = units,
                                   .values = l->output_gradient,
                                   .output = l->activated,
                                   .slope = SLOPE,
                                   .out = plain,
                                   .plain = true,
                                   .take_sums = add,
                                   .user = sums};
        in_parts(pack_part, &call, 3);
        for (size_t b = 0; b < batch; b++)
            for (size_t c = 0; c < units; c++)
                assert_true(unpacked(l, SUMS[i], plain, b, c) == l->delta[b * units + c]);
        assert_memory_equal(sums, l->bias_gradient, units * sizeof *sums);
    }
    free(sums);
    free(plain);
}

static void the_gradient_before_an_activation_is_exact_and_so_is_the_order_of_its_sums(void **state) {
    (void)state;
    for_every_layer(check_pack);
}

static void check_parts(const layer *l) {
    static const size_t PARTS[] = {2, 3, 7, 64};
    const size_t outputs = l->sizes.batch * l->sizes.units;
    const size_t inputs = l->sizes.batch * l->sizes.features;
    const size_t stored = panel_stored(&l->layout);
    const size_t counts[] = {outputs, inputs, stored};
    real *whole[3], *parts[3];
    for (size_t i = 0; i < 3; i++) {
        whole[i] = network_values(counts[i]);
        parts[i] = network_values(counts[i]);
        memset(whole[i], 0, counts[i] * sizeof(real));
    }
    for (size_t p = 0; p <= MIXUP_COUNT(PARTS); p++) {
        real **out = p == 0 ? whole : parts;
        const size_t number = p == 0 ? 1 : PARTS[p - 1];
        for (size_t i = 0; i < 3; i++)
            memset(out[i], 0, counts[i] * sizeof(real));
        run_product(l, !l->layout.by_unit, l->input, true, out[0], number);
        run_product(l, l->layout.by_unit, l->delta, false, out[1], number);
        run_weights(l, out[2], number);
        for (size_t i = 0; i < 3; i++)
            assert_memory_equal(out[i], whole[i], counts[i] * sizeof(real));
    }
    for (size_t i = 0; i < 3; i++) {
        free(whole[i]);
        free(parts[i]);
    }
}

static void the_number_of_parts_does_not_change_a_bit(void **state) {
    (void)state;
    for_every_layer(check_parts);
}

static void check_not_finite(const layer *l) {
    real *out = network_values(l->sizes.batch * l->sizes.units);
    const real kept = l->input[0];
    l->input[0] = NAN;
    run_product(l, !l->layout.by_unit, l->input, true, out, 1);
    l->input[0] = kept;
    for (size_t i = 0; i < l->sizes.batch * l->sizes.units; i++)
        assert_int_equal(isnan(out[i]) != 0, i < l->sizes.units);
    free(out);
}

static void a_sample_that_is_not_a_number_shows_in_its_own_outputs_only(void **state) {
    (void)state;
    for_every_layer(check_not_finite);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_come_back_from_their_layout_and_its_padding_is_zero),
        cmocka_unit_test(forward_is_the_leaked_sum_of_products_and_bias),
        cmocka_unit_test(the_inputs_gradient_is_the_product_with_the_transposed_weights),
        cmocka_unit_test(the_weights_gradient_sums_over_the_batch_and_leaves_the_padding_zero),
        cmocka_unit_test(adams_update_beside_the_sums_has_the_bits_of_the_optimizers_loop_in_any_parts),
        cmocka_unit_test(rows_are_spread_where_they_compete_and_never_drawn_together),
        cmocka_unit_test(the_gradient_before_an_activation_is_exact_and_so_is_the_order_of_its_sums),
        cmocka_unit_test(the_number_of_parts_does_not_change_a_bit),
        cmocka_unit_test(a_sample_that_is_not_a_number_shows_in_its_own_outputs_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 77; /* skipped */
}

#endif
