/* train/model: creating models and asking what they are. */
#include "train/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void model_log(const mixup_model *model, const char *format, ...) {
    char line[1024];
    va_list arguments;
    if (model->log.write == NULL)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    model->log.write(line, model->log.user);
}

/* ---- initial values */

typedef struct initial_values {
    const graph *network;
    size_t index; /* of the parameter */
    uint64_t seed;
    float *values; /* [..shape] */
} initial_values;

static void make_range(void *arguments, struct plan_run *run, size_t begin, size_t end) {
    const initial_values *a = arguments;
    (void)run;
    graph_initialize_range(a->network, a->index, a->seed, begin, end, a->values);
}

static mixup_status initialize_one(mixup_model *model, initial_values *a) {
    const size_t count = a->network->parameters[a->index].count;
    divided_step work = {.run = make_range, .arguments = a, .count = count, .values = count};
    if (graph_initial_divides(a->network, a->index))
        engine_divide(model->engine, &work);
    else
        MIXUP_TRY(graph_initialize(a->network, a->index, a->seed, a->values));
    return parameter_store_write(model->store, a->index, PARAMETER_VALUES, a->values);
}

/* A failing write of one parameter leaves the model unusable; only used while it is created. */
static mixup_status initialize(mixup_model *model, uint64_t seed) {
    const graph *network = model->network;
    initial_values a = {.network = network, .seed = seed};
    size_t most = 0;
    mixup_status status = MIXUP_OK;
    for (size_t p = 0; p < network->parameter_count; p++)
        most = network->parameters[p].count > most ? network->parameters[p].count : most;
    MIXUP_TRY(MEMORY_NEW(&model->allocator, a.values, most));
    for (; a.index < network->parameter_count && status == MIXUP_OK; a.index++)
        status = initialize_one(model, &a);
    memory_release(&model->allocator, a.values);
    return status;
}

/* ---- creating */

static uint64_t multiply_adds(const graph *network) {
    uint64_t sum = 0;
    for (size_t l = 0; l < network->layer_count; l++)
        sum += network->layers[l].multiply_adds;
    return sum;
}

/* `check` NULL: with initial values. */
static mixup_status build(mixup_model *model, const mixup_model_desc *desc, model_check check,
                          const void *user) {
    MIXUP_TRY(graph_create(&model->network, desc->input, desc->layers, desc->layer_count, &model->allocator));
    if (check != NULL)
        MIXUP_TRY(check(model->network, user));
    size_t threads = desc->threads;
    MIXUP_TRY(engine_choose_threads(multiply_adds(model->network), &threads));
    if ((unsigned)desc->convolution > MIXUP_CONVOLUTION_DIRECT)
        return error(MIXUP_ERROR_ARGUMENT, "convolution is %d, which is no mixup_convolution",
                     (int)desc->convolution);
    MIXUP_TRY(engine_create(&model->engine, desc->engine, threads, &model->allocator));
    model->engine->convolution = desc->convolution;
    MIXUP_TRY(engine_set_precision(model->engine, desc->precision));
    engine_environment environment;
    engine_enter(model->engine, &environment);
    mixup_status status = parameter_store_create(&model->store, model->engine, model->network);
    if (status == MIXUP_OK && check == NULL)
        status = initialize(model, desc->seed);
    engine_leave(model->engine, &environment);
    MIXUP_TRY(status);
    return mixup_predictor_create(&model->predictor, model);
}

static mixup_status create(mixup_model **model, const mixup_model_desc *desc, model_check check,
                           const void *user) {
    const mixup_allocator allocator = memory_allocator(desc->allocator);
    mixup_model *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&allocator, made, 1));
    made->allocator = allocator;
    made->log = desc->log;
    made->threads = desc->threads;
    const mixup_status status = build(made, desc, check, user);
    if (status != MIXUP_OK) {
        mixup_model_destroy(made);
        return status;
    }
    *model = made;
    return MIXUP_OK;
}

mixup_status mixup_model_create(mixup_model **model, const mixup_model_desc *desc) {
    if (model == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_model_create: model and desc must not be NULL");
    return create(model, desc, NULL, NULL);
}

mixup_status model_create_empty(mixup_model **model, const mixup_model_desc *desc, model_check check,
                                const void *user) {
    return create(model, desc, check, user);
}

void mixup_model_destroy(mixup_model *model) {
    if (model == NULL)
        return;
    const mixup_allocator allocator = model->allocator;
    mixup_predictor_destroy(model->predictor);
    parameter_store_destroy(model->store);
    engine_destroy(model->engine);
    graph_destroy(model->network);
    preprocess_destroy(model->preprocess);
    memory_release(&allocator, model);
}

/* ---- what it is */

/* Zeros where `from` is NULL. */
static void public_shape(const shape *from, size_t *sizes) {
    for (size_t i = 0; sizes != NULL && i < MIXUP_MAX_RANK; i++)
        sizes[i] = from != NULL && i < from->rank ? from->sizes[i] : 0;
}

size_t mixup_layer_count(const mixup_model *model) {
    return model != NULL ? model->network->layer_count : 0;
}

mixup_status mixup_layer_at(const mixup_model *model, size_t index, mixup_layer_info *info) {
    if (model == NULL || info == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_layer_at: model and info must not be NULL");
    if (index >= model->network->layer_count)
        return error(MIXUP_ERROR_ARGUMENT, "layer %zu does not exist; the network has %zu", index,
                     model->network->layer_count);
    const graph_layer *layer = &model->network->layers[index];
    *info = (mixup_layer_info){
        .name = layer->attributes.name,
        .op = layer->attributes.op,
        .op_name = op_find(layer->attributes.op)->name,
        .parameters = layer->trainable,
        .multiply_adds = layer->multiply_adds,
        .site_legal = layer->site_problem == NULL,
        .site_problem = layer->site_problem,
    };
    public_shape(&model->network->values[layer->output].shape, info->output_shape);
    return MIXUP_OK;
}

void mixup_model_input_shape(const mixup_model *model, size_t sizes[MIXUP_MAX_RANK]) {
    public_shape(model != NULL ? &model->network->values[GRAPH_INPUT].shape : NULL, sizes);
}

void mixup_model_output_shape(const mixup_model *model, size_t sizes[MIXUP_MAX_RANK]) {
    public_shape(model != NULL ? &model->network->values[model->network->output].shape : NULL, sizes);
}

const char *mixup_model_engine(const mixup_model *model) {
    return model != NULL ? model->engine->description : NULL;
}

size_t model_input_width(const mixup_model *model) {
    return shape_count(&model->network->values[GRAPH_INPUT].shape);
}

size_t model_output_width(const mixup_model *model) {
    return shape_count(&model->network->values[model->network->output].shape);
}

const mixup_preprocess *mixup_model_preprocess(const mixup_model *model) {
    return model != NULL ? model->preprocess : NULL;
}

const char *const *mixup_model_class_names(const mixup_model *model, size_t *count) {
    size_t unwanted = 0;
    size_t *number = count != NULL ? count : &unwanted;
    *number = 0;
    if (model == NULL || model->preprocess == NULL)
        return NULL;
    const preprocess_names *names = model->preprocess->class_names.count > 0
                                        ? &model->preprocess->class_names
                                        : &model->preprocess->target_names;
    *number = names->count;
    return (const char *const *)names->items;
}

/* A row of targets for the losses of probabilities; `sample` and columns count from 0. */
static mixup_status check_row(const float *row, size_t columns, bool sums_to_one, const char *what,
                              size_t sample) {
    double sum = 0.0;
    for (size_t c = 0; c < columns; c++) {
        if (!(row[c] >= 0.0f && (row[c] <= 1.0f || sums_to_one)))
            return error(
                MIXUP_ERROR_DATA,
                "%s: sample %zu, target %zu (both from 0) is %g; this loss needs probabilities, from "
                "0 to 1",
                what, sample, c, (double)row[c]);
        sum += (double)row[c];
    }
    if (sums_to_one && !(fabs(sum - 1.0) <= 1e-3))
        return error(MIXUP_ERROR_DATA,
                     "%s: the %zu targets of sample %zu (from 0) sum to %g; a softmax loss needs rows that "
                     "sum to 1; for several labels at once end the network in sigmoid",
                     what, columns, sample, sum);
    return MIXUP_OK;
}

/* Classes are right by construction, and what a callback will give is not known. */
static mixup_status check_rows(const mixup_dataset *set, const char *what, mixup_loss loss) {
    const dataset_storage *storage = set->storage;
    const size_t columns = storage->target_count;
    if (storage->targets == NULL || loss == MIXUP_MEAN_SQUARED_ERROR)
        return MIXUP_OK;
    for (size_t i = 0; i < set->count; i++)
        MIXUP_TRY(check_row(storage->targets + dataset_sample(set, i) * columns, columns,
                            loss != MIXUP_SIGMOID_BINARY, what, i));
    return MIXUP_OK;
}

mixup_status model_check_loss(const mixup_model *model, mixup_loss loss) {
    if (model_output_width(model) < 2 &&
        (loss == MIXUP_SOFTMAX_CROSS_ENTROPY || loss == MIXUP_SOFTMAX_BINARY))
        return error(MIXUP_ERROR_NETWORK,
                     "the loss %s needs at least two outputs; for one column end the "
                     "network in sigmoid and use sigmoid_binary",
                     loss_name(loss));
    return MIXUP_OK;
}

static mixup_status check_targets(const mixup_model *model, const mixup_dataset *set, const char *what,
                                  mixup_loss loss) {
    const size_t columns = dataset_target_count(set);
    const size_t outputs = model_output_width(model);
    if (columns == 0)
        return error(MIXUP_ERROR_DATA, "%s: it has no targets", what);
    if (columns != outputs)
        return error(MIXUP_ERROR_SHAPE, "%s: its targets have %zu columns but the network's output has %zu",
                     what, columns, outputs);
    MIXUP_TRY(model_check_loss(model, loss));
    if (set->preprocess->target_mean != NULL && loss != MIXUP_MEAN_SQUARED_ERROR)
        return error(MIXUP_ERROR_DATA,
                     "%s: its targets are standardised, so the loss must be mean_squared_error, not %s", what,
                     loss_name(loss));
    return check_rows(set, what, loss);
}

mixup_status model_check_dataset(const mixup_model *model, const mixup_dataset *set, const char *what,
                                 bool targets, mixup_loss loss) {
    const shape *input = &model->network->values[GRAPH_INPUT].shape;
    if (set->preprocess->features != shape_count(input))
        return error(MIXUP_ERROR_SHAPE, "%s: its inputs have shape %s but the network's input is %s", what,
                     shape_to_text(&set->preprocess->shape).text, shape_to_text(input).text);
    return targets ? check_targets(model, set, what, loss) : MIXUP_OK;
}
