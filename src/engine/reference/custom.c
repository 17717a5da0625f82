/* engine/reference/custom: a user's own layer. Its functions see plain float arrays; in the build that
 * computes in double, custom layers do not exist. */
#include "engine/reference/kernels.h"

#ifdef MIXUP_DOUBLE

mixup_status reference_custom_forward(builder *to, size_t node) {
    (void)to;
    (void)node;
    return error(MIXUP_ERROR_UNSUPPORTED, "custom layers compute in single precision");
}

mixup_status reference_custom_backward(builder *to, size_t node) {
    return reference_custom_forward(to, node);
}

#else

typedef struct custom_arguments {
    const mixup_custom *custom;
    mixup_custom_call call;
    const float *input; /* bound; `call` gets them at each run */
    float *output;
    const float *output_gradient;
    float *input_gradient;
    const float *parameters[GRAPH_MAX_PARAMETERS];
    float *parameter_gradients[GRAPH_MAX_PARAMETERS];
} custom_arguments;

static void run_callback(custom_arguments *a, mixup_status (*function)(const mixup_custom_call *),
                         const char *pass, plan_run *run) {
    a->call.input = a->input;
    a->call.output = a->output;
    a->call.output_gradient = a->output_gradient;
    a->call.input_gradient = a->input_gradient;
    const mixup_status status = function(&a->call);
    if (status != MIXUP_OK)
        run->status = error(MIXUP_ERROR_CALLBACK, "custom layer '%s': %s returned %d (%s)", a->custom->kind,
                            pass, (int)status, mixup_status_name(status));
}

static void run_forward(void *arguments, plan_run *run) {
    custom_arguments *a = arguments;
    run_callback(a, a->custom->forward, "forward", run);
}

static void run_backward(void *arguments, plan_run *run) {
    custom_arguments *a = arguments;
    run_callback(a, a->custom->backward, "backward", run);
}

static custom_arguments *make_arguments(builder *to, size_t node) {
    const graph_node *described = builder_node(to, node);
    custom_arguments *a = builder_arguments(to, sizeof *a);
    if (a == NULL)
        return NULL;
    a->custom = described->attributes->custom;
    for (size_t i = 0; i < described->parameter_count; i++)
        a->parameters[i] = builder_parameter(to, node, i);
    a->call = (mixup_custom_call){.user = a->custom->user,
                                  .batch = builder_batch(to),
                                  .training = builder_trains(to),
                                  .parameters = a->parameters};
    if (builder_bind_const(to, builder_input(to, node, 0), &a->input) != MIXUP_OK)
        return NULL;
    return a;
}

mixup_status reference_custom_forward(builder *to, size_t node) {
    custom_arguments *a = make_arguments(to, node);
    size_t output = BUFFER_NONE;
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY(builder_output(to, node, &output));
    MIXUP_TRY(builder_bind(to, output, &a->output));
    return builder_step_apart(to, run_forward, a);
}

mixup_status reference_custom_backward(builder *to, size_t node) {
    custom_arguments *a = make_arguments(to, node);
    const size_t count = builder_node(to, node)->parameter_count;
    size_t input_gradient = BUFFER_NONE;
    size_t gradients[GRAPH_MAX_PARAMETERS];
    if (a == NULL)
        return MIXUP_ERROR_MEMORY;
    a->call.parameter_gradients = a->parameter_gradients;
    MIXUP_TRY(builder_bind(to, builder_known_output(to, node), &a->output));
    MIXUP_TRY(builder_bind_const(to, builder_output_gradient(to, node), &a->output_gradient));
    MIXUP_TRY(builder_input_gradient(to, node, 0, &input_gradient));
    if (input_gradient != BUFFER_NONE)
        MIXUP_TRY(builder_bind(to, input_gradient, &a->input_gradient));
    for (size_t i = 0; i < count; i++) {
        MIXUP_TRY(builder_parameter_gradient(to, node, i, &gradients[i]));
        if (gradients[i] != BUFFER_NONE)
            MIXUP_TRY(builder_bind(to, gradients[i], &a->parameter_gradients[i]));
    }
    MIXUP_TRY(builder_step_apart(to, run_backward, a));
    MIXUP_TRY(builder_input_gradient_done(to, node, 0, input_gradient));
    for (size_t i = 0; i < count; i++)
        MIXUP_TRY(builder_parameter_gradient_done(to, node, i, gradients[i]));
    return MIXUP_OK;
}

#endif
