/* train/fit_settings: see fit_settings.h. Nine digits tell any two floats apart. */
#include "train/fit_settings.h"

#include "base/number.h"
#include "train/network_json.h"

static void add_mix(const mixup_mix_desc *mix, text *out) {
    text_format(out, "mix.kind=%d\nmix.alpha=%.9g\n", (int)mix->kind, (double)mix->alpha);
    for (size_t i = 0; i < mix->alpha_count; i++)
        text_format(out, "mix.alpha_epochs[%zu]=%zu factor %.9g\n", i, mix->alpha_epochs[i],
                    (double)mix->alpha_factors[i]);
    for (size_t i = 0; i < mix->at_count; i++)
        text_format(out, "mix.at[%zu]=%s weight %.9g\n", i, mix->at[i],
                    mix->weights != NULL ? (double)mix->weights[i] : 1.0);
    text_format(out, "mix.per_sample=%d\nmix.clamp_lambda=%d\nmix.no_self_pairs=%d\nmix.block_gradient=%d\n",
                mix->per_sample, mix->clamp_lambda, mix->no_self_pairs, mix->block_gradient);
    text_format(out, "mix.plain_probability=%.9g\nmix.plain_last_epochs=%zu\n",
                (double)mix->plain_probability, mix->plain_last_epochs);
    text_format(out, "mix.every_steps=%zu\n", mix->every_steps);
}

static void add_augment(const mixup_augment *augment, text *out) {
    text_format(out, "augment.horizontal_flip=%d\naugment.flip_probability=%.9g\naugment.crop_padding=%zu\n",
                augment->horizontal_flip, (double)augment->flip_probability, augment->crop_padding);
    text_format(out, "augment.resized_crop=%d\naugment.crop_area=%.9g %.9g\naugment.crop_ratio=%.9g %.9g\n",
                augment->resized_crop, (double)augment->crop_area[0], (double)augment->crop_area[1],
                (double)augment->crop_ratio[0], (double)augment->crop_ratio[1]);
    text_format(out, "augment.cutout=%zu\n", augment->cutout);
}

static void add_optimizer(const mixup_optimizer *o, text *out) {
    text_format(out, "optimizer.kind=%d\noptimizer.learning_rate=%.9g\noptimizer.momentum=%.9g\n",
                (int)o->kind, (double)o->learning_rate, (double)o->momentum);
    text_format(out, "optimizer.beta1=%.9g\noptimizer.beta2=%.9g\noptimizer.rho=%.9g\n", (double)o->beta1,
                (double)o->beta2, (double)o->rho);
    text_format(out, "optimizer.epsilon=%.9g\noptimizer.epsilon_convention=%d\n", (double)o->epsilon,
                (int)o->epsilon_convention);
    text_format(out, "optimizer.weight_decay=%.9g\noptimizer.decoupled=%d\n", (double)o->weight_decay,
                o->decoupled);
    text_format(out, "optimizer.clip_norm=%.9g\noptimizer.clip_value=%.9g\n", (double)o->clip_norm,
                (double)o->clip_value);
}

static void add_schedule(const mixup_schedule *s, text *out) {
    text_format(out, "schedule.kind=%d\nschedule.period=%zu\nschedule.factor=%.9g\nschedule.patience=%zu\n",
                (int)s->kind, s->period, (double)s->factor, s->patience);
    text_format(out, "schedule.minimum=%.9g\nschedule.warm_up_steps=%zu\n", (double)s->minimum,
                s->warm_up_steps);
    for (size_t i = 0; s->epochs != NULL && i < s->epoch_count; i++)
        text_format(out, "schedule.epochs[%zu]=%zu\n", i, s->epochs[i]);
}

/* Of callback data only the number is known. */
static void add_data(const char *name, const mixup_dataset *set, size_t threads, text *out) {
    text_format(out, "%s.count=%zu\n", name, set != NULL ? set->count : 0);
    if (set == NULL)
        return;
    text_format(out, "%s.data=%016llx\n", name, (unsigned long long)dataset_fingerprint(set, threads));
    text_format(out, "%s.preprocess=%016llx\n", name,
                (unsigned long long)preprocess_fingerprint(set->preprocess));
}

static mixup_status add_all(const mixup_model *model, const mixup_fit_desc *desc, text *out) {
    text_add(out, "network=");
    MIXUP_TRY(network_to_json(model->network, out));
    text_add(out, "\n");
    add_data("train", desc->train, model->threads, out);
    add_data("validation", desc->validation, model->threads, out);
    text_format(out, "epochs=%zu\nbatch_size=%zu\nno_shuffle=%d\ndrop_last=%d\nseed=%llu\n", desc->epochs,
                desc->batch_size, desc->no_shuffle, desc->drop_last, (unsigned long long)desc->seed);
    add_mix(&desc->mix, out);
    add_augment(&desc->augment, out);
    text_format(out, "loss=%d\nlabel_smoothing=%.9g\n", (int)desc->loss, (double)desc->label_smoothing);
    for (size_t c = 0; desc->class_weights != NULL && c < desc->class_weight_count; c++)
        text_format(out, "class_weights[%zu]=%.9g\n", c, (double)desc->class_weights[c]);
    add_optimizer(&desc->optimizer, out);
    add_schedule(&desc->schedule, out);
    text_format(out, "early_stopping=%zu\nrestore_best=%d\naverage_decay=%.9g\n", desc->early_stopping,
                desc->restore_best, (double)desc->average_decay);
    for (size_t p = 0; p < model->network->parameter_count; p++)
        if (model->network->parameters[p].frozen)
            text_format(out, "frozen=%s\n", model->network->parameters[p].name);
    return text_status(out);
}

mixup_status fit_settings_describe(const mixup_model *model, const mixup_fit_desc *desc, text *out) {
    number_scope scope; /* the text is compared with that of another process */
    MIXUP_TRY(number_begin(&scope));
    const mixup_status status = add_all(model, desc, out);
    number_end(&scope);
    return status;
}
