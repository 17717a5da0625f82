/* train/trainer_mix: see trainer_mix.h. */
#include "train/trainer_mix.h"

#include "mix/mix.h"

#include <math.h>
#include <string.h>

/* ---- sites and schedule */

/* Adds a site. A tensor that is listed twice (several readers) is one site: without weights it is drawn as
 * often as any other; given weights are added up. */
static void add_site(mixup_trainer *self, size_t value, const char *name, const float *weight) {
    size_t s = 0;
    while (s < self->site_count && self->sites[s] != value)
        s++;
    if (s == self->site_count) {
        self->site_count++;
        self->sites[s] = value;
        self->site_names[s] = name;
        self->site_weights[s] = weight != NULL ? 0.0f : 1.0f;
    }
    if (weight != NULL)
        self->site_weights[s] += *weight;
    self->site_of[self->given_count++] = s;
}

static mixup_status list_named(mixup_trainer *self, const mixup_mix_desc *mix) {
    const graph *network = self->model->network;
    for (size_t i = 0; i < mix->at_count; i++) {
        size_t value = 0;
        if (mix->at[i] == NULL)
            return error(MIXUP_ERROR_ARGUMENT, "mix.at[%zu] is NULL; give a layer's name or \"input\"", i);
        const mixup_status status = graph_find_site(network, mix->at[i], &value);
        if (status != MIXUP_OK)
            return error_context(status, "mix.at[%zu]", i);
        if (mix->kind == MIXUP_CUTMIX) {
            const mixup_status cut = graph_check_cut(network, mix->at[i], value);
            if (cut != MIXUP_OK)
                return error_context(cut, "mix.at[%zu]", i);
        }
        const size_t layer = graph_find_layer(network, mix->at[i]);
        add_site(self, value, layer < network->layer_count ? network->layers[layer].attributes.name : "input",
                 mix->weights != NULL ? &mix->weights[i] : NULL);
    }
    return MIXUP_OK;
}

static mixup_status list_flagged(mixup_trainer *self, const mixup_mix_desc *mix) {
    const graph *network = self->model->network;
    for (size_t l = 0; l < network->layer_count; l++) {
        const graph_layer *layer = &network->layers[l];
        if (!layer->attributes.mix)
            continue;
        if (layer->site_problem != NULL)
            return error(MIXUP_ERROR_NETWORK, "layers[%zu].mix: %s", l, layer->site_problem);
        const size_t value = network->values[layer->input].storage;
        if (mix->kind == MIXUP_CUTMIX) {
            const mixup_status cut = graph_check_cut(network, layer->attributes.name, value);
            if (cut != MIXUP_OK)
                return error_context(cut, "layers[%zu].mix", l);
        }
        add_site(self, value, layer->attributes.name, NULL);
    }
    return MIXUP_OK;
}

/* The caller's lists last no longer than its call. */
static mixup_status copy_schedule(mixup_trainer *self) {
    const size_t count = self->mix.alpha_count;
    if (count == 0)
        return MIXUP_OK;
    MIXUP_TRY(MEMORY_NEW(&self->model->allocator, self->alpha_epochs, count));
    MIXUP_TRY(MEMORY_NEW(&self->model->allocator, self->alpha_factors, count));
    memcpy(self->alpha_epochs, self->mix.alpha_epochs, count * sizeof *self->alpha_epochs);
    memcpy(self->alpha_factors, self->mix.alpha_factors, count * sizeof *self->alpha_factors);
    self->mix.alpha_epochs = self->alpha_epochs;
    self->mix.alpha_factors = self->alpha_factors;
    return MIXUP_OK;
}

mixup_status trainer_find_sites(mixup_trainer *self, const mixup_mix_desc *mix) {
    const mixup_allocator *allocator = &self->model->allocator;
    const size_t most = mix->at_count + self->model->network->layer_count;
    MIXUP_TRY(MEMORY_NEW(allocator, self->sites, most));
    MIXUP_TRY(MEMORY_NEW(allocator, self->site_names, most));
    MIXUP_TRY(MEMORY_NEW(allocator, self->site_of, most));
    MIXUP_TRY(MEMORY_NEW(allocator, self->site_weights, most));
    if (mix->at_count > 0 && mix->at == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "mix.at_count is %zu but mix.at is NULL", mix->at_count);
    if (mix->weights != NULL && mix->at_count == 0)
        return error(MIXUP_ERROR_ARGUMENT, "mix.weights needs mix.at, the sites that they belong to");
    MIXUP_TRY(mix->at_count > 0 ? list_named(self, mix) : list_flagged(self, mix));
    self->mix = *mix;
    self->mix.at = NULL;
    self->mix.weights = self->site_weights;
    MIXUP_TRY(mix_check(&self->mix, self->site_count));
    return copy_schedule(self);
}

/* ---- draws */

static mixup_status check_partners(mixup_trainer *self, const mixup_batch_draw *given) {
    float *seen = self->draw.weight; /* filled with the weights later */
    for (size_t i = 0; i < given->batch; i++)
        seen[i] = 0.0f;
    for (size_t i = 0; i < given->batch; i++) {
        const uint32_t partner = given->partner[i];
        if (partner >= given->batch)
            return error(MIXUP_ERROR_ARGUMENT,
                         "draw.partner[%zu] is %u; it must be below the batch size, %zu", i,
                         (unsigned)partner, given->batch);
        if (seen[partner] != 0.0f)
            return error(MIXUP_ERROR_ARGUMENT,
                         "draw.partner[%zu] is %u, as an earlier one is; it must be a permutation", i,
                         (unsigned)partner);
        seen[partner] = 1.0f;
    }
    return MIXUP_OK;
}

/* Of a draw with kind CUTMIX. */
static mixup_status check_cuts(const mixup_trainer *self, const mixup_batch_draw *given) {
    const size_t site = self->site_of[given->site];
    const mixup_status status =
        graph_check_cut(self->model->network, self->site_names[site], self->sites[site]);
    if (status != MIXUP_OK)
        return error_context(status, "draw.kind");
    if (given->cut_row == NULL || given->cut_column == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "draw.cut_row and cut_column must not be NULL with CUTMIX");
    for (size_t i = 0; i < given->batch; i++) {
        if (!(given->cut_row[i] >= 0 && given->cut_row[i] <= 1 && given->cut_column[i] >= 0 &&
              given->cut_column[i] <= 1))
            return error(MIXUP_ERROR_ARGUMENT,
                         "draw.cut_row[%zu] is %g, cut_column[%zu] %g; they must be in [0, 1]", i,
                         (double)given->cut_row[i], i, (double)given->cut_column[i]);
        if (!(given->partner_weight[i] >= 0 && given->partner_weight[i] <= 1))
            return error(MIXUP_ERROR_ARGUMENT,
                         "draw.partner_weight[%zu] is %g; with CUTMIX it is an area, in [0, 1]", i,
                         (double)given->partner_weight[i]);
    }
    return MIXUP_OK;
}

static mixup_status check_given(mixup_trainer *self, const mixup_batch_draw *given, size_t count) {
    if (given->batch != count)
        return error(MIXUP_ERROR_ARGUMENT, "draw.batch is %zu but the batch has %zu samples", given->batch,
                     count);
    if (given->site < -1 || (given->site >= 0 && (size_t)given->site >= self->given_count))
        return error(MIXUP_ERROR_ARGUMENT, "draw.site is %d; there are %zu sites", (int)given->site,
                     self->given_count);
    if (given->site < 0)
        return MIXUP_OK;
    if (given->partner == NULL || given->weight == NULL || given->partner_weight == NULL)
        return error(MIXUP_ERROR_ARGUMENT, "draw.partner, weight and partner_weight must not be NULL");
    for (size_t i = 0; i < count; i++)
        if (!isfinite(given->weight[i]) || !isfinite(given->partner_weight[i]))
            return error(MIXUP_ERROR_ARGUMENT, "draw.weight[%zu] or partner_weight[%zu] is not finite", i, i);
    if ((unsigned)given->kind >= MIXUP_MIX_KIND_COUNT)
        return error(MIXUP_ERROR_ARGUMENT, "draw.kind is %d, which is no mixup_mix_kind", (int)given->kind);
    if (given->kind == MIXUP_CUTMIX)
        MIXUP_TRY(check_cuts(self, given));
    return check_partners(self, given);
}

static void copy_draw(mixup_trainer *self, const mixup_batch_draw *given) {
    const size_t count = given->batch;
    memcpy(self->draw.partner, given->partner, count * sizeof *given->partner);
    memcpy(self->draw.weight, given->weight, count * sizeof *given->weight);
    memcpy(self->draw.partner_weight, given->partner_weight, count * sizeof *given->partner_weight);
    if (given->kind == MIXUP_CUTMIX) {
        memcpy(self->draw.cut_row, given->cut_row, count * sizeof *given->cut_row);
        memcpy(self->draw.cut_column, given->cut_column, count * sizeof *given->cut_column);
    }
    self->draw.kind = given->kind;
    self->draw.site = (int32_t)self->site_of[given->site];
}

mixup_status trainer_draw(mixup_trainer *self, size_t count, uint32_t epoch, uint32_t epoch_step, bool plain,
                          const mixup_batch_draw *given) {
    self->draw.batch = count;
    self->draw.site = -1;
    if (given != NULL) {
        MIXUP_TRY(check_given(self, given, count));
        if (given->site >= 0)
            copy_draw(self, given);
        return MIXUP_OK;
    }
    if (plain || self->mix.alpha == 0.0f)
        return MIXUP_OK;
    return mixup_draw(&(mixup_draw_desc){.seed = self->seed,
                                         .epoch = epoch,
                                         .step = epoch_step,
                                         .mix = &self->mix,
                                         .site_count = self->site_count,
                                         .total_step = self->step},
                      &self->draw);
}
