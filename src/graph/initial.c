/* graph/initial: initial values of parameters, a function of (seed, parameter, element) alone. */
#include "graph/graph.h"

#include "random/stream.h"

#include <math.h>

static void fill_uniform(random_stream *stream, double limit, size_t count, float *values) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)((2.0 * random_uniform(stream) - 1.0) * limit);
}

static void fill_normal(random_stream *stream, double deviation, size_t count, float *values) {
    for (size_t i = 0; i < count; i++)
        values[i] = (float)(random_normal(stream) * deviation);
}

/* Removes from `row` its parts along the `count` rows before it, which are orthonormal, and normalises it. */
static void orthonormalize(double *rows, size_t row, size_t length) {
    double *current = rows + row * length;
    for (int pass = 0; pass < 2; pass++) /* the second pass removes what rounding left */
        for (size_t r = 0; r < row; r++) {
            const double *other = rows + r * length;
            double product = 0.0;
            for (size_t i = 0; i < length; i++)
                product += current[i] * other[i];
            for (size_t i = 0; i < length; i++)
                current[i] -= product * other[i];
        }
    double square = 0.0;
    for (size_t i = 0; i < length; i++)
        square += current[i] * current[i];
    const double scale = 1.0 / sqrt(square);
    for (size_t i = 0; i < length; i++)
        current[i] *= scale;
}

/* Gram-Schmidt on normal variates along the shorter side: the other side's vectors then have unit length too
 * where the matrix is square. */
static mixup_status fill_orthogonal(const graph *network, random_stream *stream, size_t outputs,
                                    size_t inputs, float *values) {
    const bool wide = outputs <= inputs;
    const size_t count = wide ? outputs : inputs;
    const size_t length = wide ? inputs : outputs;
    double *rows = NULL; /* [count][length] */
    size_t total = 0;
    MIXUP_TRY(memory_product(count, length, &total));
    MIXUP_TRY(MEMORY_NEW(&network->allocator, rows, total));
    for (size_t i = 0; i < total; i++)
        rows[i] = random_normal(stream);
    for (size_t r = 0; r < count; r++)
        orthonormalize(rows, r, length);
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            values[o * inputs + i] = (float)(wide ? rows[o * length + i] : rows[i * length + o]);
    memory_release(&network->allocator, rows);
    return MIXUP_OK;
}

mixup_status graph_initialize(const graph *network, size_t index, uint64_t seed, float *values) {
    const graph_parameter *parameter = &network->parameters[index];
    const double in = (double)parameter->initial.fan_in;
    const double both = in + (double)parameter->initial.fan_out;
    const size_t count = parameter->count;
    random_stream stream = random_open(seed, RANDOM_INITIAL, (uint32_t)index, 0, 0, 0);
    switch (parameter->initial.kind) {
    case MIXUP_GLOROT_UNIFORM:
        fill_uniform(&stream, sqrt(6.0 / both), count, values);
        break;
    case MIXUP_GLOROT_NORMAL:
        fill_normal(&stream, sqrt(2.0 / both), count, values);
        break;
    case MIXUP_HE_UNIFORM:
        fill_uniform(&stream, sqrt(6.0 / in), count, values);
        break;
    case MIXUP_HE_NORMAL:
        fill_normal(&stream, sqrt(2.0 / in), count, values);
        break;
    case MIXUP_LECUN_UNIFORM:
        fill_uniform(&stream, sqrt(3.0 / in), count, values);
        break;
    case MIXUP_LECUN_NORMAL:
        fill_normal(&stream, sqrt(1.0 / in), count, values);
        break;
    case MIXUP_ORTHOGONAL:
        return fill_orthogonal(network, &stream, parameter->shape.sizes[0], count / parameter->shape.sizes[0],
                               values);
    case MIXUP_CONSTANT:
        for (size_t i = 0; i < count; i++)
            values[i] = parameter->initial.value;
        break;
    case MIXUP_INITIAL_DEFAULT:
    case MIXUP_INITIAL_COUNT:
        return error(MIXUP_ERROR_NETWORK, "%s: no initial values chosen", parameter->name);
    }
    return MIXUP_OK;
}
