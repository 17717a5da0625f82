/* train/predictor: running a network forward, and as a prediction backward to its input. A predictor has
 * plans of its own and shares the parameters. Large inputs go through in pieces of at most MAX_BATCH samples
 * (with a backward pass, which keeps every state, MAX_GRADIENT_BATCH), so that memory stays bounded. */
#include "train/model.h"

#include <string.h>

enum { MAX_BATCH = 1024, MAX_GRADIENT_BATCH = 128 };

struct mixup_predictor {
    mixup_model *model;
    plan_cache *plans;
};

mixup_status mixup_predictor_create(mixup_predictor **predictor, mixup_model *model) {
    if (predictor == NULL || model == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_predictor_create: predictor and model must not be NULL");
    mixup_predictor *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&model->allocator, made, 1));
    made->model = model;
    const mixup_status status = plan_cache_create(&made->plans, model->store, NULL);
    if (status != MIXUP_OK) {
        memory_release(&model->allocator, made);
        return status;
    }
    *predictor = made;
    return MIXUP_OK;
}

void mixup_predictor_destroy(mixup_predictor *predictor) {
    if (predictor == NULL)
        return;
    plan_cache_destroy(predictor->plans);
    memory_release(&predictor->model->allocator, predictor);
}

static mixup_status run_piece(mixup_predictor *predictor, size_t value, size_t count, const float *inputs,
                              float *out) {
    const graph *network = predictor->model->network;
    const size_t input_width = model_input_width(predictor->model);
    const size_t output_width = shape_count(&network->values[value].shape);
    const plan_key key = {.batch = count, .update = PLAN_FORWARD, .site = PLAN_NO_SITE, .output = value};
    plan_run run = {0};
    plan *found = NULL;
    MIXUP_TRY(plan_get(predictor->plans, &key, &found));
    memcpy(plan_input(found), inputs, count * input_width * sizeof *inputs);
    MIXUP_TRY(plan_execute(found, &run));
    memcpy(out, plan_output(found), count * output_width * sizeof *out);
    return MIXUP_OK;
}

mixup_status predictor_run_to(mixup_predictor *predictor, size_t value, size_t count, const float *inputs,
                              float *out) {
    const mixup_model *model = predictor->model;
    const size_t input_width = model_input_width(model);
    const size_t output_width = shape_count(&model->network->values[value].shape);
    mixup_status status = MIXUP_OK;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    for (size_t done = 0; done < count && status == MIXUP_OK; done += MAX_BATCH) {
        const size_t piece = count - done < MAX_BATCH ? count - done : MAX_BATCH;
        status = run_piece(predictor, value, piece, inputs + done * input_width, out + done * output_width);
    }
    engine_leave(model->engine, &environment);
    return status;
}

mixup_status mixup_predictor_run(mixup_predictor *predictor, size_t count, const float *inputs,
                                 float *outputs) {
    if (predictor == NULL || (count > 0 && (inputs == NULL || outputs == NULL)))
        return error(MIXUP_ERROR_ARGUMENT, "predict: predictor, inputs and outputs must not be NULL");
    return predictor_run_to(predictor, predictor->model->network->output, count, inputs, outputs);
}

mixup_status mixup_predict(mixup_model *model, size_t count, const float *inputs, float *outputs) {
    if (model == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "predict: the model must not be NULL");
    return mixup_predictor_run(model->predictor, count, inputs, outputs);
}

mixup_status mixup_states(mixup_model *model, const char *layer, size_t count, const float *inputs,
                          float *states) {
    if (model == NULL || layer == NULL || (count > 0 && (inputs == NULL || states == NULL)))
        return error(MIXUP_ERROR_ARGUMENT, "states: model, layer, inputs and states must not be NULL");
    const graph *network = model->network;
    if (strcmp(layer, "input") == 0)
        return predictor_run_to(model->predictor, GRAPH_INPUT, count, inputs, states);
    const size_t index = graph_find_layer(network, layer);
    if (index == network->layer_count)
        return error(MIXUP_ERROR_NOT_FOUND, "states: no layer is called '%s'", layer);
    return predictor_run_to(model->predictor, network->layers[index].output, count, inputs, states);
}

/* ---- the gradient of the input */

typedef struct gradient_call {
    mixup_predictor *predictor;
    mixup_loss loss;
    const float *inputs, *targets; /* [count][..input shape], [count][columns] */
    float *gradients;              /* [count][..input shape] */
} gradient_call;

/* Samples first to first + count. */
static mixup_status differentiate_piece(const gradient_call *call, size_t first, size_t count) {
    const mixup_model *model = call->predictor->model;
    const size_t width = model_input_width(model);
    const size_t columns = model_output_width(model);
    const plan_key key = {
        .batch = count, .update = PLAN_INPUT_GRADIENT, .site = PLAN_NO_SITE, .loss = call->loss};
    plan_run run = {0};
    plan *found = NULL;
    MIXUP_TRY(plan_get(call->predictor->plans, &key, &found));
    memcpy(plan_input(found), call->inputs + first * width, count * width * sizeof(float));
    memcpy(plan_targets(found), call->targets + first * columns, count * columns * sizeof(float));
    MIXUP_TRY(plan_execute(found, &run));
    memcpy(call->gradients + first * width, plan_input_gradient(found), count * width * sizeof(float));
    return MIXUP_OK;
}

mixup_status mixup_input_gradient(mixup_model *model, mixup_loss loss, size_t count, const float *inputs,
                                  const float *targets, float *gradients) {
    if (model == NULL || (count > 0 && (inputs == NULL || targets == NULL || gradients == NULL)))
        return error(MIXUP_ERROR_ARGUMENT,
                     "mixup_input_gradient: model, inputs, targets and gradients must not be NULL");
    gradient_call call = {
        .predictor = model->predictor, .inputs = inputs, .targets = targets, .gradients = gradients};
    MIXUP_TRY(loss_resolve(loss != MIXUP_LOSS_DEFAULT ? loss : model->loss, model->network->final_activation,
                           &call.loss));
    MIXUP_TRY(model_check_loss(model, call.loss));
    mixup_status status = MIXUP_OK;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    for (size_t done = 0; done < count && status == MIXUP_OK; done += MAX_GRADIENT_BATCH) {
        const size_t left = count - done;
        status = differentiate_piece(&call, done, left < MAX_GRADIENT_BATCH ? left : MAX_GRADIENT_BATCH);
    }
    engine_leave(model->engine, &environment);
    return status;
}
