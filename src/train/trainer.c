/* train/trainer: see trainer.h. Where and with what it mixes is in trainer_mix.c. */
#include "train/trainer.h"

#include "train/trainer_mix.h"

#include <math.h>
#include <string.h>

/* ---- creation */

static mixup_status check_class_weights(mixup_trainer *self, const mixup_fit_desc *desc) {
    const size_t columns = model_output_width(self->model);
    if (desc->class_weights == NULL)
        return MIXUP_OK;
    if (desc->class_weight_count != columns)
        return error(MIXUP_ERROR_ARGUMENT, "class_weight_count is %zu but the network has %zu outputs",
                     desc->class_weight_count, columns);
    for (size_t c = 0; c < columns; c++)
        if (!(isfinite(desc->class_weights[c]) && desc->class_weights[c] > 0.0f))
            return error(MIXUP_ERROR_ARGUMENT, "class_weights[%zu] is %g; it must be above 0 and finite", c,
                         (double)desc->class_weights[c]);
    MIXUP_TRY(MEMORY_NEW(&self->model->allocator, self->class_weights, columns));
    memcpy(self->class_weights, desc->class_weights, columns * sizeof *self->class_weights);
    return MIXUP_OK;
}

static mixup_status check_ranges(const mixup_fit_desc *desc, mixup_loss loss) {
    if (!(desc->label_smoothing >= 0.0f && desc->label_smoothing < 1.0f))
        return error(MIXUP_ERROR_ARGUMENT, "label_smoothing is %g; it must be at least 0 and below 1",
                     (double)desc->label_smoothing);
    if (desc->label_smoothing > 0.0f && loss == MIXUP_MEAN_SQUARED_ERROR)
        return error(MIXUP_ERROR_ARGUMENT, "label_smoothing is for classes, not for the squared error");
    if ((unsigned)desc->recompute > MIXUP_RECOMPUTE_NEVER)
        return error(MIXUP_ERROR_ARGUMENT, "recompute is %d, which is no mixup_recompute",
                     (int)desc->recompute);
    if (!(desc->average_decay >= 0.0f && desc->average_decay < 1.0f))
        return error(MIXUP_ERROR_ARGUMENT, "average_decay is %g; it must be at least 0 and below 1",
                     (double)desc->average_decay);
    return MIXUP_OK;
}

static mixup_status start_average(mixup_trainer *self) {
    if (self->average_decay == 0.0)
        return MIXUP_OK;
    MIXUP_TRY(parameter_store_need(self->model->store, PARAMETER_AVERAGE));
    parameter_store_copy(self->model->store, PARAMETER_VALUES, PARAMETER_AVERAGE);
    return MIXUP_OK;
}

static mixup_status build(mixup_trainer *self, const mixup_fit_desc *desc) {
    parameter_store *store = self->model->store;
    MIXUP_TRY(loss_resolve(desc->loss, self->model->network->final_activation, &self->loss));
    MIXUP_TRY(optimizer_resolve(&desc->optimizer, &self->optimizer));
    MIXUP_TRY(check_ranges(desc, self->loss));
    MIXUP_TRY(check_class_weights(self, desc));
    MIXUP_TRY(trainer_find_sites(self, &desc->mix));
    self->seed = desc->seed;
    self->label_smoothing = desc->label_smoothing;
    self->average_decay = (double)desc->average_decay;
    self->learning_rate = (double)self->optimizer.learning_rate;
    self->update = self->optimizer.clip_norm > 0.0f ? PLAN_DEFERRED : PLAN_FUSED;
    parameter_store_forget(store, PARAMETER_MOMENT1);
    parameter_store_forget(store, PARAMETER_MOMENT2);
    MIXUP_TRY(optimizer_need(&self->optimizer, store));
    MIXUP_TRY(start_average(self));
    /* one plan a site and one without, also for an epoch's last, shorter batch */
    const plan_training training = {.loss = self->loss,
                                    .optimizer = self->optimizer,
                                    .class_weights = self->class_weights,
                                    .average_decay = self->average_decay,
                                    .recompute = desc->recompute,
                                    .plan_limit = 2 * (self->site_count + 1)};
    return plan_cache_create(&self->plans, store, &training);
}

mixup_status mixup_trainer_create(mixup_trainer **trainer, mixup_model *model, const mixup_fit_desc *desc) {
    if (trainer == NULL || model == NULL || desc == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_trainer_create: trainer, model and desc must not be NULL");
    if (model->in_training)
        return error(MIXUP_ERROR_ARGUMENT, "the model is being trained already; one trainer at a time");
    mixup_trainer *made = NULL;
    MIXUP_TRY(MEMORY_NEW(&model->allocator, made, 1));
    made->model = model;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = build(made, desc);
    engine_leave(model->engine, &environment);
    model->in_training = true; /* also undone by destroy */
    if (status != MIXUP_OK) {
        mixup_trainer_destroy(made);
        return status;
    }
    model->loss = made->loss;
    *trainer = made;
    return MIXUP_OK;
}

static void release_arrays(mixup_trainer *self) {
    const mixup_allocator *allocator = &self->model->allocator;
    memory_release(allocator, self->draw.partner);
    memory_release(allocator, self->draw.weight);
    memory_release(allocator, self->draw.partner_weight);
    memory_release(allocator, self->draw.cut_row);
    memory_release(allocator, self->draw.cut_column);
    memory_release(allocator, self->labels);
    self->draw = (mixup_batch_draw){0};
    self->labels = NULL;
    self->capacity = 0;
}

void mixup_trainer_destroy(mixup_trainer *trainer) {
    if (trainer == NULL)
        return;
    mixup_model *model = trainer->model;
    const mixup_allocator allocator = model->allocator;
    plan_cache_destroy(trainer->plans);
    parameter_store_forget(model->store, PARAMETER_MOMENT1);
    parameter_store_forget(model->store, PARAMETER_MOMENT2);
    parameter_store_forget(model->store, PARAMETER_GRADIENT);
    parameter_store_forget(model->store, PARAMETER_AVERAGE);
    parameter_store_forget(model->store, PARAMETER_BEST);
    release_arrays(trainer);
    memory_release(&allocator, trainer->sites);
    memory_release(&allocator, trainer->site_names);
    memory_release(&allocator, trainer->site_of);
    memory_release(&allocator, trainer->site_weights);
    memory_release(&allocator, trainer->alpha_epochs);
    memory_release(&allocator, trainer->alpha_factors);
    memory_release(&allocator, trainer->class_weights);
    memory_release(&allocator, trainer);
    model->in_training = false;
}

mixup_status mixup_trainer_set_learning_rate(mixup_trainer *trainer, float learning_rate) {
    if (trainer == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_trainer_set_learning_rate: the trainer must not be NULL");
    if (!(isfinite(learning_rate) && learning_rate >= 0.0f))
        return error(MIXUP_ERROR_ARGUMENT, "learning_rate is %g; it must be at least 0 and finite",
                     (double)learning_rate);
    trainer->learning_rate = (double)learning_rate;
    return MIXUP_OK;
}

/* ---- a step */

mixup_status trainer_reserve(mixup_trainer *self, size_t count) {
    const mixup_allocator *allocator = &self->model->allocator;
    if (count <= self->capacity)
        return MIXUP_OK;
    release_arrays(self);
    MIXUP_TRY(MEMORY_NEW(allocator, self->draw.partner, count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->draw.weight, count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->draw.partner_weight, count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->draw.cut_row, count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->draw.cut_column, count));
    MIXUP_TRY(MEMORY_NEW(allocator, self->labels, count));
    self->capacity = count;
    return MIXUP_OK;
}

mixup_status trainer_begin(mixup_trainer *self, size_t count, uint32_t epoch, uint32_t epoch_step, bool plain,
                           const mixup_batch_draw *given, trainer_batch *out) {
    MIXUP_TRY(trainer_draw(self, count, epoch, epoch_step, plain, given));
    const bool mixes = self->draw.site >= 0;
    const plan_key key = {.batch = count,
                          .update = self->update,
                          .site = mixes ? self->sites[self->draw.site] : PLAN_NO_SITE,
                          .block_gradient = mixes && self->mix.block_gradient};
    plan *found = NULL;
    MIXUP_TRY(plan_get(self->plans, &key, &found));
    *out = (trainer_batch){.count = count,
                           .plan = found,
                           .inputs = plan_input(found),
                           .targets = plan_targets(found),
                           .labels = self->labels,
                           .site = mixes ? self->site_names[self->draw.site] : NULL};
    return MIXUP_OK;
}

/* t (1 - s) + s / classes; for independent columns towards 1/2. */
static void smooth(const mixup_trainer *self, float *targets, size_t count) {
    const size_t columns = model_output_width(self->model);
    const float s = self->label_smoothing;
    const float share = s / (self->loss == MIXUP_SIGMOID_BINARY ? 2.0f : (float)columns);
    for (size_t i = 0; s > 0.0f && i < count * columns; i++)
        targets[i] = targets[i] * (1.0f - s) + share;
}

static const char *remedy(const mixup_trainer *self) {
    return self->optimizer.clip_norm > 0.0f ? "try a smaller learning rate"
                                            : "try a smaller learning rate or clipping (optimizer.clip_norm)";
}

mixup_status trainer_check_finite(const mixup_trainer *self) {
    const graph *network = self->model->network;
    const size_t found = parameter_store_find_not_finite(self->model->store, PARAMETER_VALUES);
    if (found == network->parameter_count)
        return MIXUP_OK;
    return error(MIXUP_ERROR_NOT_FINITE, "after step %llu the values of '%s' are not finite; %s",
                 (unsigned long long)self->step, network->parameters[found].name, remedy(self));
}

mixup_status trainer_end(mixup_trainer *self, trainer_batch *batch, uint32_t epoch, uint32_t epoch_step,
                         trainer_result *result) {
    const size_t columns = model_output_width(self->model);
    for (size_t i = 0; i < batch->count; i++)
        batch->labels[i] =
            evaluate_label(self->loss, batch->labels[i], batch->targets + i * columns, columns);
    smooth(self, batch->targets, batch->count);
    plan_run run = {.draw = &self->draw,
                    .labels = batch->labels,
                    .learning_rate = self->learning_rate,
                    .step = self->step + 1,
                    .seed = self->seed,
                    .epoch = epoch,
                    .epoch_step = epoch_step};
    MIXUP_TRY(plan_execute(batch->plan, &run));
    self->step++;
    if (!isfinite(run.loss))
        return error(MIXUP_ERROR_NOT_FINITE, "the loss of step %llu is %s; %s",
                     (unsigned long long)self->step, isnan(run.loss) ? "not a number" : "infinite",
                     remedy(self));
    *result = (trainer_result){.loss = run.loss, .correct = run.correct};
    return MIXUP_OK;
}

static mixup_status step_once(mixup_trainer *trainer, size_t count, const float *inputs, const float *targets,
                              const mixup_batch_draw *draw, double *loss) {
    const uint32_t number = (uint32_t)trainer->step;
    const mixup_model *model = trainer->model;
    trainer_batch batch;
    trainer_result result;
    MIXUP_TRY(trainer_reserve(trainer, count));
    MIXUP_TRY(trainer_begin(trainer, count, 0, number, false, draw, &batch));
    memcpy(batch.inputs, inputs, count * model_input_width(model) * sizeof *inputs);
    memcpy(batch.targets, targets, count * model_output_width(model) * sizeof *targets);
    for (size_t i = 0; i < count; i++)
        batch.labels[i] = -1;
    MIXUP_TRY(trainer_end(trainer, &batch, 0, number, &result));
    if (loss != NULL)
        *loss = result.loss;
    return MIXUP_OK;
}

mixup_status mixup_trainer_step(mixup_trainer *trainer, size_t count, const float *inputs,
                                const float *targets, const mixup_batch_draw *draw, double *loss) {
    if (trainer == NULL || inputs == NULL || targets == NULL || count == 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "mixup_trainer_step: needs a trainer, inputs, targets and count ≥ 1");
    engine_environment environment;
    engine_enter(trainer->model->engine, &environment);
    const mixup_status status = step_once(trainer, count, inputs, targets, draw, loss);
    engine_leave(trainer->model->engine, &environment);
    return status;
}
