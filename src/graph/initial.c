/* graph/initial: initial values of parameters, a function of (seed, parameter, element) alone. */
#include "graph/graph.h"

#include "random/stream.h"

#include <math.h>

/* Numbers that are made at once. */
enum { AT_ONCE = 512 };

/* The stream stands at the first of the `count` values. */
static void fill_uniform(random_stream *stream, double limit, size_t count, float *values) {
    double numbers[AT_ONCE];
    for (size_t begin = 0; begin < count; begin += AT_ONCE) {
        const size_t some = count - begin < AT_ONCE ? count - begin : AT_ONCE;
        random_uniforms(stream, some, numbers);
        for (size_t i = 0; i < some; i++)
            values[begin + i] = (float)((2.0 * numbers[i] - 1.0) * limit);
    }
}

static void fill_normal(random_stream *stream, double deviation, size_t count, float *values) {
    double numbers[AT_ONCE];
    for (size_t begin = 0; begin < count; begin += AT_ONCE) {
        const size_t some = count - begin < AT_ONCE ? count - begin : AT_ONCE;
        random_normals(stream, some, numbers);
        for (size_t i = 0; i < some; i++)
            values[begin + i] = (float)(numbers[i] * deviation);
    }
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
    random_normals(stream, total, rows);
    for (size_t r = 0; r < count; r++)
        orthonormalize(rows, r, length);
    for (size_t o = 0; o < outputs; o++)
        for (size_t i = 0; i < inputs; i++)
            values[o * inputs + i] = (float)(wide ? rows[o * length + i] : rows[i * length + o]);
    memory_release(&network->allocator, rows);
    return MIXUP_OK;
}

/* Distributions whose limit (uniform) or deviation (normal) is sqrt(numerator / fan). */
typedef struct initial_rule {
    enum { RULE_NONE, RULE_UNIFORM, RULE_NORMAL } shape;
    double numerator; /* of the square of limit or deviation */
    bool both;        /* over inputs and outputs, else inputs */
} initial_rule;

static const initial_rule rules[MIXUP_INITIAL_COUNT] = {
    [MIXUP_GLOROT_UNIFORM] = {RULE_UNIFORM, 6.0, true}, [MIXUP_GLOROT_NORMAL] = {RULE_NORMAL, 2.0, true},
    [MIXUP_HE_UNIFORM] = {RULE_UNIFORM, 6.0, false},    [MIXUP_HE_NORMAL] = {RULE_NORMAL, 2.0, false},
    [MIXUP_LECUN_UNIFORM] = {RULE_UNIFORM, 3.0, false}, [MIXUP_LECUN_NORMAL] = {RULE_NORMAL, 1.0, false},
};

bool graph_initial_divides(const graph *network, size_t index) {
    return rules[network->parameters[index].initial.kind].shape != RULE_NONE;
}

void graph_initialize_range(const graph *network, size_t index, uint64_t seed, size_t begin, size_t end,
                            float *values) {
    const graph_parameter *parameter = &network->parameters[index];
    const initial_rule *rule = &rules[parameter->initial.kind];
    const double in = (double)parameter->initial.fan_in;
    const double size = sqrt(rule->numerator / (rule->both ? in + (double)parameter->initial.fan_out : in));
    random_stream stream = random_open(seed, RANDOM_INITIAL, (uint32_t)index, 0, 0, 0);
    if (rule->shape == RULE_UNIFORM) {
        random_skip_uniforms(&stream, begin);
        fill_uniform(&stream, size, end - begin, values + begin);
    } else {
        random_skip_uniforms(&stream, 2 * begin);
        fill_normal(&stream, size, end - begin, values + begin);
    }
}

mixup_status graph_initialize(const graph *network, size_t index, uint64_t seed, float *values) {
    const graph_parameter *parameter = &network->parameters[index];
    const size_t count = parameter->count;
    random_stream stream = random_open(seed, RANDOM_INITIAL, (uint32_t)index, 0, 0, 0);
    if (graph_initial_divides(network, index)) {
        graph_initialize_range(network, index, seed, 0, count, values);
        return MIXUP_OK;
    }
    if (parameter->initial.kind == MIXUP_ORTHOGONAL)
        return fill_orthogonal(network, &stream, parameter->shape.sizes[0], count / parameter->shape.sizes[0],
                               values);
    if (parameter->initial.kind != MIXUP_CONSTANT)
        return error(MIXUP_ERROR_NETWORK, "%s: no initial values chosen", parameter->name);
    for (size_t i = 0; i < count; i++)
        values[i] = parameter->initial.value;
    return MIXUP_OK;
}
