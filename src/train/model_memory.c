/* train/model_memory: see the header. Plans are designed, not built: their buffers get places in an arena
 * that is never allocated. */
#include "train/model_memory.h"

#include "train/trainer.h"

static size_t kind_bytes(const parameter_store *store, parameter_kind kind) {
    size_t bytes = 0;
    for (size_t p = 0; p < store->network->parameter_count; p++)
        if (store->items[p].arrays[kind] != NULL)
            bytes += store->items[p].stored * sizeof(real);
    return bytes;
}

static mixup_status measure(mixup_model *model, plan_cache *plans, const plan_key *key, size_t *largest) {
    size_t bytes = 0;
    engine_environment environment;
    engine_enter(model->engine, &environment);
    const mixup_status status = plan_measure(plans, key, &bytes);
    engine_leave(model->engine, &environment);
    *largest = bytes > *largest ? bytes : *largest;
    return status;
}

/* Plain batches, and one mixed at each site. */
static mixup_status measure_training(mixup_trainer *trainer, size_t batch, size_t *largest) {
    plan_key key = {.batch = batch, .update = trainer->update, .site = PLAN_NO_SITE};
    MIXUP_TRY(measure(trainer->model, trainer->plans, &key, largest));
    key.block_gradient = trainer->mix.block_gradient;
    for (size_t s = 0; s < trainer->site_count; s++) {
        key.site = trainer->sites[s];
        MIXUP_TRY(measure(trainer->model, trainer->plans, &key, largest));
    }
    return MIXUP_OK;
}

static mixup_status add_training(mixup_model *model, const mixup_fit_desc *fit, size_t batch,
                                 model_memory *out) {
    mixup_trainer *trainer = NULL;
    MIXUP_TRY(mixup_trainer_create(&trainer, model, fit));
    const mixup_status status = measure_training(trainer, batch, &out->training);
    for (int kind = PARAMETER_VALUES + 1; kind < PARAMETER_KINDS; kind++)
        out->optimizer += kind_bytes(model->store, (parameter_kind)kind);
    mixup_trainer_destroy(trainer);
    return status;
}

static mixup_status add_prediction(mixup_model *model, size_t batch, model_memory *out) {
    plan_cache *plans = NULL;
    MIXUP_TRY(plan_cache_create(&plans, model->store, NULL));
    const plan_key key = {.batch = batch, .site = PLAN_NO_SITE, .output = model->network->output};
    const mixup_status status = measure(model, plans, &key, &out->prediction);
    plan_cache_destroy(plans);
    return status;
}

mixup_status model_measure_memory(mixup_model *model, const mixup_fit_desc *fit, size_t batch,
                                  model_memory *out) {
    const mixup_loss loss = model->loss;
    model_memory measured = {.parameters = kind_bytes(model->store, PARAMETER_VALUES)};
    mixup_status status = add_prediction(model, batch, &measured);
    if (status == MIXUP_OK && fit != NULL)
        status = add_training(model, fit, batch, &measured);
    model->loss = loss; /* a trainer notes the one that it trains with */
    MIXUP_TRY(status);
    *out = measured;
    return MIXUP_OK;
}
