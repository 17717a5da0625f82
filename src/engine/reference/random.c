/* engine/reference/random: dropout and Gaussian noise. Element j (dropout by channel: channel j) of row i
 * takes the numbers of the stream (purpose, item: layer, epoch, step, sample: i): word j for dropout, normal
 * j for noise. The backward pass draws the same numbers again instead of keeping a mask. */
#include "engine/reference/kernels.h"

#include "random/stream.h"

typedef struct random_arguments {
    mixup_op op;
    uint32_t layer;
    size_t batch, width;
    real stddev;
    real scale;         /* dropout: 1 / (1 - rate) */
    uint32_t threshold; /* dropout: words below it are dropped */
    size_t together;    /* dropout: values side by side that share a word */
    const real *from;   /* [batch][width] */
    real *to;           /* [batch][width] */
} random_arguments;

static random_stream open_row(const random_arguments *a, const plan_run *run, size_t row) {
    return random_open(run->seed, a->op == MIXUP_DROPOUT ? RANDOM_DROPOUT : RANDOM_NOISE, a->layer,
                       run->epoch, run->epoch_step, (uint32_t)row);
}

/* Forward and backward: the map is linear and its own transpose. */
static void run_dropout(void *arguments, plan_run *run, size_t begin, size_t end) {
    const random_arguments *a = arguments;
    for (size_t i = begin; i < end; i++) {
        random_stream stream = open_row(a, run, i);
        for (size_t j = 0; j < a->width; j += a->together) {
            const bool kept = random_word(&stream) >= a->threshold;
            for (size_t k = i * a->width + j; k < i * a->width + j + a->together; k++)
                a->to[k] = kept ? a->from[k] * a->scale : 0;
        }
    }
}

static void run_noise(void *arguments, plan_run *run, size_t begin, size_t end) {
    const random_arguments *a = arguments;
    for (size_t i = begin; i < end; i++) {
        random_stream stream = open_row(a, run, i);
        for (size_t j = 0; j < a->width; j++)
            a->to[i * a->width + j] = a->from[i * a->width + j] + a->stddev * (real)random_normal(&stream);
    }
}

static void run_copy(void *arguments, plan_run *run, size_t begin, size_t end) {
    const random_arguments *a = arguments;
    (void)run;
    for (size_t i = begin * a->width; i < end * a->width; i++)
        a->to[i] = a->from[i];
}

static random_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    const double rate = (double)described->attributes->rate;
    random_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->op = described->op;
    a->layer = (uint32_t)described->layer;
    a->batch = builder_batch(to);
    a->width = reference_output_width(to, node);
    a->stddev = (real)described->attributes->stddev;
    a->scale = (real)(1.0 / (1.0 - rate));
    a->threshold = (uint32_t)(rate * 4294967296.0);
    const shape *out = &builder_graph(to)->values[described->output].shape;
    a->together = described->attributes->by_channel ? shape_count(out) / out->sizes[0] : 1;
    return a;
}

mixup_status reference_random_forward(builder *to, size_t node) {
    random_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_input(to, node, 0), &a->from));
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->to));
    return builder_divided_step(to, a->op == MIXUP_DROPOUT ? run_dropout : run_noise, a, a->batch,
                                a->batch * a->width);
}

mixup_status reference_random_backward(builder *to, size_t node) {
    size_t gradient = BUFFER_NONE;
    MIXUP_TRY(builder_input_gradient(to, node, 0, &gradient));
    if (gradient == BUFFER_NONE)
        return MIXUP_OK;
    random_arguments *a = make_arguments(to, node);
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->from));
    MIXUP_TRY(builder_bind(to, gradient, &a->to));
    MIXUP_TRY(builder_divided_step(to, a->op == MIXUP_DROPOUT ? run_dropout : run_copy, a, a->batch,
                                   a->batch * a->width));
    return builder_input_gradient_done(to, node, 0, gradient);
}
