/* train/fit: the training loop: epochs of steps, validation, schedule, early stopping, best and averaged
 * weights, checkpoints and callbacks.
 *
 * A newcomer's mistake: keeping something in a local variable that a resumed run would need; whatever the
 * loop carries from step to step is in fit_state, in the parameter store, or a function of (seed, epoch,
 * step). */
#include "base/file.h"
#include "base/text.h"
#include "data/loader.h"
#include "train/checkpoint.h"
#include "train/fit_settings.h"

#include <math.h>
#include <time.h>

typedef struct fit {
    mixup_model *model;
    const mixup_fit_desc *desc;
    mixup_schedule schedule; /* resolved */
    mixup_trainer *trainer;
    size_t epochs, batch_size; /* resolved */
    size_t epoch_steps;
    augmentation augmentation;
    loader *loader;
    text settings;
    fit_state state;
    struct timespec saved;    /* when the last checkpoint was written; zero before the first */
    struct timespec started;  /* of the epoch, or of what this call does of it */
    mixup_metrics last, best; /* of the validation data after the last and the best epoch; count 0: an earlier
                               * call measured them */
    mixup_stop stop;
} fit;

static double seconds_since(const struct timespec *start) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* ---- set-up */

static size_t steps_of_epoch(const fit *f) {
    const size_t count = f->desc->train->count;
    return f->desc->drop_last ? count / f->batch_size : (count + f->batch_size - 1) / f->batch_size;
}

static mixup_status check(const fit *f, mixup_loss loss) {
    const mixup_fit_desc *desc = f->desc;
    MIXUP_TRY(model_check_dataset(f->model, desc->train, "training data", true, loss));
    if (desc->validation != NULL)
        MIXUP_TRY(model_check_dataset(f->model, desc->validation, "validation data", true, loss));
    if (f->epoch_steps == 0)
        return error(MIXUP_ERROR_ARGUMENT,
                     "batch_size is %zu but there are only %zu samples, and drop_last leaves "
                     "them out; use smaller batches",
                     f->batch_size, desc->train->count);
    if (desc->train->count > UINT32_MAX)
        return error(MIXUP_ERROR_DATA, "training data: %zu samples are more than the 2^32 - 1 supported",
                     desc->train->count);
    if (desc->validation == NULL && (desc->early_stopping > 0 || desc->restore_best))
        return error(MIXUP_ERROR_ARGUMENT, "%s watches the validation loss; give validation data",
                     desc->early_stopping > 0 ? "early_stopping" : "restore_best");
    return MIXUP_OK;
}

/* Samples in the smallest batch of an epoch. */
static size_t smallest_batch(const fit *f) {
    const size_t left_over = f->desc->drop_last ? 0 : f->desc->train->count % f->batch_size;
    return left_over != 0 ? left_over : f->batch_size;
}

/* A network that cannot train on a batch of one (batch norm) is refused now, not at the end of an epoch. */
static mixup_status check_smallest_batch(const fit *f) {
    plan *made = NULL;
    if (smallest_batch(f) > 1)
        return MIXUP_OK;
    return plan_get(f->trainer->plans,
                    &(plan_key){.batch = 1, .update = f->trainer->update, .site = PLAN_NO_SITE}, &made);
}

static mixup_status choose_load_threads(const fit *f, size_t *threads) {
    *threads = f->desc->load_threads;
    if (*threads == MIXUP_NO_LOAD_THREADS)
        *threads = 0;
    else if (*threads == 0)
        *threads = loader_default_threads(f->desc->train, augment_wanted(&f->desc->augment));
    if (*threads > MIXUP_MAX_THREADS)
        return error(MIXUP_ERROR_ARGUMENT, "load_threads is %zu; it must be at most %d", *threads,
                     MIXUP_MAX_THREADS);
    return MIXUP_OK;
}

static mixup_status prepare_loader(fit *f) {
    const mixup_fit_desc *desc = f->desc;
    const bool augmented = augment_wanted(&desc->augment);
    size_t threads = 0;
    const mixup_status status =
        augment_resolve(&desc->augment, desc->train->preprocess, desc->seed, &f->augmentation);
    if (status != MIXUP_OK)
        return error_context(status, "augment");
    MIXUP_TRY(choose_load_threads(f, &threads));
    return loader_create(&f->loader,
                         &(loader_desc){.set = desc->train,
                                        .how = augmented ? &f->augmentation : NULL,
                                        .batch_size = f->batch_size,
                                        .epoch_steps = f->epoch_steps,
                                        .epochs = f->epochs,
                                        .no_shuffle = desc->no_shuffle,
                                        .seed = desc->seed,
                                        .threads = threads},
                         &f->model->allocator);
}

static mixup_status prepare(fit *f) {
    const mixup_fit_desc *desc = f->desc;
    mixup_loss loss = MIXUP_LOSS_DEFAULT;
    f->epochs = desc->epochs != 0 ? desc->epochs : 1;
    f->batch_size = desc->batch_size != 0 ? desc->batch_size : 32;
    if (f->batch_size > desc->train->count && !desc->drop_last)
        f->batch_size = desc->train->count;
    f->epoch_steps = steps_of_epoch(f);
    f->state = (fit_state){.plateau = {.best = INFINITY, .scale = 1.0}, .best_loss = INFINITY};
    MIXUP_TRY(loss_resolve(desc->loss, f->model->network->final_activation, &loss));
    MIXUP_TRY(check(f, loss));
    MIXUP_TRY(schedule_resolve(&desc->schedule, &f->schedule));
    MIXUP_TRY(mixup_trainer_create(&f->trainer, f->model, desc));
    MIXUP_TRY(check_smallest_batch(f));
    MIXUP_TRY(trainer_reserve(f->trainer, f->batch_size));
    MIXUP_TRY(prepare_loader(f));
    if (desc->checkpoint.path != NULL)
        MIXUP_TRY(fit_settings_describe(f->model, desc, &f->settings));
    if (desc->restore_best)
        MIXUP_TRY(parameter_store_need(f->model->store, PARAMETER_BEST));
    return MIXUP_OK;
}

static mixup_status resume(fit *f) {
    const mixup_checkpoint_desc *checkpoint = &f->desc->checkpoint;
    if (checkpoint->path == NULL || !checkpoint->resume || !file_exists(checkpoint->path))
        return MIXUP_OK;
    MIXUP_TRY(checkpoint_read(checkpoint->path, f->model, &f->state, f->settings.data));
    f->trainer->step = f->state.step;
    return MIXUP_OK;
}

static mixup_status save_state(fit *f) {
    if (f->desc->checkpoint.path == NULL)
        return MIXUP_OK;
    clock_gettime(CLOCK_MONOTONIC, &f->saved);
    return checkpoint_write(f->desc->checkpoint.path, f->model, &f->state, f->settings.data);
}

/* ---- an epoch's steps */

static bool is_plain_epoch(const fit *f) {
    return f->state.epoch + f->desc->mix.plain_last_epochs >= f->epochs;
}

/* One step; `site` gets the name of where it mixed. */
static mixup_status run_step(fit *f, size_t count, const char **site, trainer_result *result) {
    const uint32_t epoch = (uint32_t)f->state.epoch;
    const uint32_t epoch_step = (uint32_t)f->state.epoch_step;
    const schedule_position at = {
        .epoch = f->state.epoch, .epochs = f->epochs, .step = f->state.step, .epoch_steps = f->epoch_steps};
    trainer_batch batch;
    f->trainer->learning_rate =
        schedule_rate(&f->schedule, (double)f->trainer->optimizer.learning_rate, &at, &f->state.plateau);
    MIXUP_TRY(trainer_begin(f->trainer, count, epoch, epoch_step, is_plain_epoch(f), NULL, &batch));
    MIXUP_TRY(loader_next(f->loader, count, batch.inputs, batch.targets, batch.labels));
    MIXUP_TRY(trainer_end(f->trainer, &batch, epoch, epoch_step, result));
    *site = batch.site;
    f->state.learning_rate = f->trainer->learning_rate;
    f->state.loss_sum += result->loss * (double)count;
    f->state.correct_sum += result->correct;
    f->state.sample_sum += count;
    f->state.epoch_step++;
    f->state.step++;
    return MIXUP_OK;
}

/* True when the callback asks to stop. */
static bool tell_step(const fit *f, size_t count, const char *site, const trainer_result *result) {
    const mixup_step step = {.epoch = f->state.epoch + 1,
                             .epoch_step = f->state.epoch_step,
                             .epoch_steps = f->epoch_steps,
                             .step = f->state.step,
                             .batch = count,
                             .site = site,
                             .loss = result->loss,
                             .accuracy = result->correct / (double)count,
                             .learning_rate = f->state.learning_rate};
    return f->desc->on_step != NULL && f->desc->on_step(f->desc->user, &step);
}

static void count_time(fit *f) {
    f->state.seconds += seconds_since(&f->started);
    clock_gettime(CLOCK_MONOTONIC, &f->started);
}

static mixup_status run_steps(fit *f) {
    const size_t count = f->desc->train->count;
    const size_t every = f->desc->checkpoint.every_steps;
    while (f->state.epoch_step < f->epoch_steps && f->stop == MIXUP_STOP_FINISHED) {
        const size_t first = f->state.epoch_step * f->batch_size;
        const size_t batch = count - first < f->batch_size ? count - first : f->batch_size;
        const char *site = NULL;
        trainer_result result;
        MIXUP_TRY(run_step(f, batch, &site, &result));
        if (tell_step(f, batch, site, &result))
            f->stop = MIXUP_STOP_CALLBACK;
        if (f->stop == MIXUP_STOP_CALLBACK || (every > 0 && f->state.step % every == 0)) {
            count_time(f);
            MIXUP_TRY(trainer_check_finite(f->trainer));
            MIXUP_TRY(save_state(f));
        }
    }
    return MIXUP_OK;
}

/* ---- the end of an epoch */

/* Puts the averaged weights (with the running statistics of now) in place of the weights, and back. */
static void swap_average(fit *f) {
    if (f->trainer->average_decay == 0.0)
        return;
    parameter_store_copy_buffers(f->model->store, PARAMETER_VALUES, PARAMETER_AVERAGE);
    parameter_store_swap(f->model->store, PARAMETER_VALUES, PARAMETER_AVERAGE);
}

static mixup_status measure_validation(fit *f, mixup_metrics *metrics) {
    const mixup_evaluate_desc desc = {
        .loss = f->trainer->loss, .top_k = f->desc->top_k, .bins = f->desc->bins};
    return mixup_evaluate(f->model, f->desc->validation, &desc, metrics);
}

static mixup_status measure(fit *f, mixup_epoch *epoch) {
    if (f->desc->clean_accuracy) {
        const mixup_evaluate_desc desc = {.loss = f->trainer->loss};
        mixup_metrics metrics;
        MIXUP_TRY(mixup_evaluate(f->model, f->desc->train, &desc, &metrics));
        epoch->train_clean_accuracy = metrics.accuracy;
    }
    if (f->desc->validation != NULL) {
        MIXUP_TRY(measure_validation(f, &f->last));
        if (!isfinite(f->last.loss))
            return error(MIXUP_ERROR_NOT_FINITE,
                         "the validation loss after step %llu is %g; try a smaller learning rate",
                         (unsigned long long)f->state.step, f->last.loss);
        epoch->validation_loss = f->last.loss;
        epoch->validation_accuracy = f->last.accuracy;
    }
    return MIXUP_OK;
}

/* Schedule, best weights and early stopping, on the validation loss (without: the training loss). */
static void watch(fit *f, mixup_epoch *epoch) {
    const double watched = f->desc->validation != NULL ? epoch->validation_loss : epoch->train_loss;
    schedule_watch(&f->schedule, watched, &f->state.plateau);
    epoch->best = watched < f->state.best_loss;
    if (!epoch->best) {
        f->state.bad_epochs++;
    } else {
        f->state.best_loss = watched;
        f->state.best_epoch = epoch->epoch;
        f->best = f->last;
        f->state.bad_epochs = 0;
        if (f->desc->restore_best)
            parameter_store_copy(f->model->store, PARAMETER_VALUES, PARAMETER_BEST);
    }
    if (f->desc->early_stopping > 0 && f->state.bad_epochs >= f->desc->early_stopping)
        f->state.stopped_early = 1;
}

static bool is_checkpoint_due(const fit *f) {
    const mixup_checkpoint_desc *checkpoint = &f->desc->checkpoint;
    const size_t every = checkpoint->every_epochs != 0 ? checkpoint->every_epochs : 1;
    if (f->stop == MIXUP_STOP_CALLBACK)
        return true;
    if (f->state.epoch == f->epochs || f->state.stopped_early)
        return !checkpoint->unfinished_only;
    return f->state.epoch % every == 0 && seconds_since(&f->saved) >= checkpoint->least_seconds;
}

static mixup_status finish_epoch(fit *f) {
    const double samples = (double)f->state.sample_sum;
    mixup_epoch epoch = {.epoch = f->state.epoch + 1,
                         .step = f->state.step,
                         .learning_rate = f->state.learning_rate,
                         .train_loss = f->state.loss_sum / samples,
                         .train_accuracy = f->state.correct_sum / samples,
                         .train_clean_accuracy = NAN,
                         .validation_loss = NAN,
                         .validation_accuracy = NAN};
    MIXUP_TRY(trainer_check_finite(f->trainer)); /* of every epoch: best copy, checkpoint and result follow */
    swap_average(f);
    const mixup_status status = measure(f, &epoch);
    if (status == MIXUP_OK)
        watch(f, &epoch);
    swap_average(f);
    MIXUP_TRY(status);
    count_time(f);
    epoch.seconds = f->state.seconds;
    f->state.epoch++;
    f->state.epoch_step = 0;
    f->state.loss_sum = 0.0;
    f->state.correct_sum = 0.0;
    f->state.sample_sum = 0;
    f->state.seconds = 0.0;
    if (f->desc->on_epoch != NULL && f->desc->on_epoch(f->desc->user, &epoch))
        f->stop = MIXUP_STOP_CALLBACK;
    return is_checkpoint_due(f) ? save_state(f) : MIXUP_OK;
}

/* ---- the whole */

/* Leaves in the model what training was for, and in f->last what the validation data say of it. */
static mixup_status conclude(fit *f) {
    if (f->desc->restore_best && f->state.best_epoch > 0) {
        f->last = f->best;
        parameter_store_copy(f->model->store, PARAMETER_BEST, PARAMETER_VALUES);
    } else if (f->trainer->average_decay > 0.0) {
        parameter_store_copy_buffers(f->model->store, PARAMETER_VALUES, PARAMETER_AVERAGE);
        parameter_store_copy(f->model->store, PARAMETER_AVERAGE, PARAMETER_VALUES);
    }
    const bool wanted = f->desc->result != NULL && f->desc->validation != NULL;
    return wanted && f->last.count == 0 ? measure_validation(f, &f->last) : MIXUP_OK;
}

/* Up to the first step. On failure the model is as it was; so what may fail comes before what changes it. */
static mixup_status start(fit *f) {
    mixup_model *model = f->model;
    const mixup_loss loss = model->loss;
    mixup_preprocess *preprocess = NULL;
    mixup_status status = prepare(f);
    if (status == MIXUP_OK)
        status = preprocess_copy(f->desc->train->preprocess, &model->allocator, &preprocess);
    if (status == MIXUP_OK)
        status = resume(f);
    if (status != MIXUP_OK) {
        preprocess_destroy(preprocess);
        model->loss = loss;
        return status;
    }
    preprocess_destroy(model->preprocess);
    model->preprocess = preprocess;
    return MIXUP_OK;
}

static mixup_status run(fit *f) {
    MIXUP_TRY(start(f));
    loader_start(f->loader, f->state.epoch, f->state.epoch_step);
    clock_gettime(CLOCK_MONOTONIC, &f->started);
    while (f->state.epoch < f->epochs && !f->state.stopped_early && f->stop == MIXUP_STOP_FINISHED) {
        MIXUP_TRY(run_steps(f));
        if (f->state.epoch_step == f->epoch_steps && f->stop == MIXUP_STOP_FINISHED)
            MIXUP_TRY(finish_epoch(f));
    }
    if (f->stop == MIXUP_STOP_CALLBACK)
        return MIXUP_OK;
    if (f->state.stopped_early)
        f->stop = MIXUP_STOP_EARLY;
    return conclude(f);
}

static mixup_status run_in_engine(fit *f) {
    engine_environment environment;
    engine_enter(f->model->engine, &environment);
    const mixup_status status = run(f);
    engine_leave(f->model->engine, &environment);
    return status;
}

mixup_status mixup_fit(mixup_model *model, const mixup_fit_desc *desc) {
    if (model == NULL || desc == NULL || desc->train == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mixup_fit: model, desc and desc.train must not be NULL");
    fit f = {.model = model, .desc = desc};
    text_init(&f.settings, &model->allocator);
    const mixup_status status = run_in_engine(&f);
    if (status == MIXUP_OK && desc->result != NULL)
        *desc->result =
            (mixup_fit_result){.stop = f.stop,
                               .epochs = f.state.epoch,
                               .steps = f.state.step,
                               .best_epoch = f.state.best_epoch,
                               .validation = f.stop != MIXUP_STOP_CALLBACK ? f.last : (mixup_metrics){0}};
    loader_destroy(f.loader);
    mixup_trainer_destroy(f.trainer);
    text_clear(&f.settings);
    return status;
}
