/* train/checkpoint: see checkpoint.h. */
#include "train/checkpoint.h"

#include "base/number.h"
#include "train/tensors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the state as text: exact, because doubles are written in hexadecimal */

typedef enum field_kind {
    FIELD_SIZE,
    FIELD_STEP,
    FIELD_DOUBLE,
} field_kind;

typedef struct state_field {
    const char *key;
    field_kind kind;
    size_t offset;
} state_field;

static const state_field fields[] = {
    {"state.epoch", FIELD_SIZE, offsetof(fit_state, epoch)},
    {"state.epoch_step", FIELD_SIZE, offsetof(fit_state, epoch_step)},
    {"state.step", FIELD_STEP, offsetof(fit_state, step)},
    {"state.loss_sum", FIELD_DOUBLE, offsetof(fit_state, loss_sum)},
    {"state.correct_sum", FIELD_DOUBLE, offsetof(fit_state, correct_sum)},
    {"state.sample_sum", FIELD_SIZE, offsetof(fit_state, sample_sum)},
    {"state.seconds", FIELD_DOUBLE, offsetof(fit_state, seconds)},
    {"state.learning_rate", FIELD_DOUBLE, offsetof(fit_state, learning_rate)},
    {"state.plateau_best", FIELD_DOUBLE, offsetof(fit_state, plateau.best)},
    {"state.plateau_bad_epochs", FIELD_SIZE, offsetof(fit_state, plateau.bad_epochs)},
    {"state.plateau_scale", FIELD_DOUBLE, offsetof(fit_state, plateau.scale)},
    {"state.best_loss", FIELD_DOUBLE, offsetof(fit_state, best_loss)},
    {"state.best_epoch", FIELD_SIZE, offsetof(fit_state, best_epoch)},
    {"state.bad_epochs", FIELD_SIZE, offsetof(fit_state, bad_epochs)},
    {"state.stopped_early", FIELD_SIZE, offsetof(fit_state, stopped_early)},
};

enum { FIELDS = sizeof fields / sizeof fields[0], FIELD_TEXT = 40 };

static void field_to_text(const state_field *field, const fit_state *state, char out[FIELD_TEXT]) {
    const void *at = (const char *)state + field->offset;
    switch (field->kind) {
    case FIELD_SIZE:
        snprintf(out, FIELD_TEXT, "%zu", *(const size_t *)at);
        break;
    case FIELD_STEP:
        snprintf(out, FIELD_TEXT, "%llu", (unsigned long long)*(const uint64_t *)at);
        break;
    case FIELD_DOUBLE:
        snprintf(out, FIELD_TEXT, "%a", *(const double *)at);
        break;
    }
}

static bool field_from_text(const state_field *field, const char *from, fit_state *state) {
    void *at = (char *)state + field->offset;
    char *end = NULL;
    errno = 0;
    switch (field->kind) {
    case FIELD_SIZE:
        *(size_t *)at = strtoull(from, &end, 10);
        break;
    case FIELD_STEP:
        *(uint64_t *)at = strtoull(from, &end, 10);
        break;
    case FIELD_DOUBLE:
        *(double *)at = strtod(from, &end);
        break;
    }
    return errno == 0 && end != from && *end == '\0';
}

/* ---- which arrays */

static const struct {
    parameter_kind kind;
    const char *prefix;
} kinds[] = {
    {PARAMETER_VALUES, "values/"},   {PARAMETER_MOMENT1, "moment1/"}, {PARAMETER_MOMENT2, "moment2/"},
    {PARAMETER_AVERAGE, "average/"}, {PARAMETER_BEST, "best/"},
};

enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- writing */

mixup_status checkpoint_write(const char *path, mixup_model *model, const fit_state *state,
                              const char *settings) {
    char texts[FIELDS][FIELD_TEXT];
    safetensors_text metadata[FIELDS + 2] = {{"format", "mixup checkpoint 1"}, {"settings", settings}};
    tensor_list list;
    number_scope scope;
    MIXUP_TRY(number_begin(&scope));
    for (size_t i = 0; i < FIELDS; i++) {
        field_to_text(&fields[i], state, texts[i]);
        metadata[2 + i] = (safetensors_text){fields[i].key, texts[i]};
    }
    number_end(&scope);
    tensor_list_init(&list, model);
    mixup_status status = MIXUP_OK;
    for (size_t k = 0; k < KINDS && status == MIXUP_OK; k++)
        if (parameter_store_has(model->store, kinds[k].kind))
            status = tensor_list_add(&list, kinds[k].kind, kinds[k].prefix);
    if (status == MIXUP_OK)
        status = tensor_list_write(&list, path, metadata, FIELDS + 2);
    tensor_list_clear(&list);
    return status;
}

/* ---- reading */

/* What has changed where a fingerprint begins both texts, or NULL. */
static const char *changed_data(const char *written, const char *now) {
    static const char *const keys[] = {
        "train.data=", "validation.data=", "train.preprocess=", "validation.preprocess="};
    static const char *const names[] = {
        "training data have changed since it was written (as many samples, other values)",
        "validation data have changed since it was written (as many samples, other values)",
        "scale, mean or deviation of the training data have changed since it was written",
        "scale, mean or deviation of the validation data have changed since it was written"};
    for (size_t i = 0; i < MIXUP_COUNT(keys); i++)
        if (strncmp(written, keys[i], strlen(keys[i])) == 0 && strncmp(now, keys[i], strlen(keys[i])) == 0)
            return names[i];
    return NULL;
}

/* Names the first line in which the two differ; one of them may have come to its end. */
static mixup_status refuse_settings(const char *path, const char *written, const char *now) {
    const size_t shown = 200;
    size_t a = strcspn(written, "\n");
    size_t b = strcspn(now, "\n");
    while (a == b && written[a] == '\n' && now[b] == '\n' && strncmp(written, now, a) == 0) {
        written += a + 1;
        now += b + 1;
        a = strcspn(written, "\n");
        b = strcspn(now, "\n");
    }
    const char *data = changed_data(written, now);
    if (data != NULL)
        return error(MIXUP_ERROR_ARGUMENT, "%s: the %s; use the same data, or begin anew", path, data);
    return error(MIXUP_ERROR_ARGUMENT,
                 "%s: was written with other settings: then '%.*s', now '%.*s'; use the same ones, or "
                 "begin anew",
                 path, (int)(a < shown ? a : shown), written, (int)(b < shown ? b : shown), now);
}

static mixup_status read_fields(const safetensors *file, const char *path, fit_state *state) {
    for (size_t i = 0; i < FIELDS; i++) {
        const char *value = safetensors_metadata(file, fields[i].key);
        if (value == NULL || !field_from_text(&fields[i], value, state))
            return error(MIXUP_ERROR_FORMAT, "%s: %s is %s", path, fields[i].key,
                         value == NULL ? "missing" : "not a number");
    }
    return MIXUP_OK;
}

static mixup_status read_state(const safetensors *file, const char *path, const char *settings,
                               fit_state *state) {
    const char *format = safetensors_metadata(file, "format");
    const char *written = safetensors_metadata(file, "settings");
    number_scope scope;
    if (format == NULL || strcmp(format, "mixup checkpoint 1") != 0 || written == NULL)
        return error(MIXUP_ERROR_FORMAT, "%s: is not a checkpoint of this version", path);
    if (strcmp(written, settings) != 0)
        return refuse_settings(path, written, settings);
    MIXUP_TRY(number_begin(&scope));
    const mixup_status status = read_fields(file, path, state);
    number_end(&scope);
    return status;
}

static mixup_status read_tensors(const safetensors *file, mixup_model *model, const char *path,
                                 bool check_only) {
    for (size_t k = 0; k < KINDS; k++)
        if (parameter_store_has(model->store, kinds[k].kind) || kinds[k].kind == PARAMETER_BEST)
            MIXUP_TRY(tensors_restore(file, model, kinds[k].kind, kinds[k].prefix, path,
                                      kinds[k].kind == PARAMETER_BEST, check_only));
    return MIXUP_OK;
}

mixup_status checkpoint_read(const char *path, mixup_model *model, fit_state *state, const char *settings) {
    safetensors *file = NULL;
    fit_state found = {0};
    MIXUP_TRY(safetensors_read(&file, path, model->threads, &model->allocator));
    mixup_status status = read_state(file, path, settings, &found);
    if (status == MIXUP_OK)
        status = read_tensors(file, model, path, true); /* all of them, before anything changes */
    if (status == MIXUP_OK)
        status = read_tensors(file, model, path, false);
    safetensors_destroy(file);
    if (status == MIXUP_OK)
        *state = found;
    return status;
}
