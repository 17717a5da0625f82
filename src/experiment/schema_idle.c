/* experiment/schema_idle: settings that say something and would do nothing, which is a mistake in most files:
 * an error that names what is missing. Where one key needs another one beside it, its row in the table says
 * so (`needs`) and schema_fill.c checks; here is what depends on a value. Records of runs are left alone:
 * they say every key, and older ones what was accepted then. */
#include "experiment/schema_check.h"

#include <stdio.h>
#include <string.h>

static mixup_status check_minimum(const yaml_node *root, const mixup_schedule *schedule) {
    static const char key[] = "training.schedule.minimum";
    if (schedule->kind != MIXUP_SCHEDULE_CONSTANT || schedule->minimum == 0.0f)
        return MIXUP_OK;
    return schema_error(schema_place(root, key), key,
                        "has no meaning with kind constant, whose rate does not fall; choose another kind, "
                        "such as cosine");
}

static mixup_status check_decoupled(const yaml_node *root, const mixup_optimizer *optimizer) {
    static const char key[] = "training.optimizer.decoupled";
    if (optimizer->kind != MIXUP_ADAMW || !schema_given(root, key))
        return MIXUP_OK;
    return schema_error(schema_place(root, key), key,
                        optimizer->decoupled
                            ? "has no meaning with kind adamw, whose decay is always decoupled; leave it out"
                            : "is false, but the decay of adamw is always decoupled; choose kind adam");
}

/* `key` is "data.test" or another part. */
static mixup_status check_part(const yaml_node *root, const char *key, const settings_part *part) {
    char seed[40];
    char keep[40];
    char limit[40];
    snprintf(seed, sizeof seed, "%s.seed", key);
    snprintf(keep, sizeof keep, "%s.keep", key);
    snprintf(limit, sizeof limit, "%s.memory_limit", key);
    const bool ends = part->split.first > 0 || part->split.last > 0;
    if (part->format == SETTINGS_SPLIT && ends && schema_given(root, seed))
        return schema_error(schema_place(root, seed), seed,
                            "has no meaning with first and last, which draw nothing; use count or fraction");
    if (schema_given(root, limit) && schema_given(root, keep) &&
        strcmp(schema_place(root, keep)->text, "auto") != 0)
        return schema_error(schema_place(root, limit), limit,
                            "has no meaning with keep: %s; it goes with keep: auto, the default",
                            schema_place(root, keep)->text);
    return MIXUP_OK;
}

static mixup_status check_scatter(const yaml_node *root, const settings *in) {
    const yaml_node *list = yaml_get(root, "report");
    for (size_t i = 0; i < in->figure_count; i++) {
        const settings_figure *figure = &in->figures[i];
        char key[40];
        snprintf(key, sizeof key, "report[%zu].range", i);
        if (figure->kind == SETTINGS_SCATTER && figure->range_count > 0 && figure->uniform == 0)
            return schema_error(yaml_get(list->items[i], "range"), key,
                                "is what uniform inputs are drawn from, and there are none; give `uniform`, "
                                "their number");
    }
    return MIXUP_OK;
}

/* Layers that say `mix: true` in a file that says nowhere how strongly: most likely mixing is wanted. */
static mixup_status check_marks(const yaml_node *root, const settings *in) {
    static const char key[] = "mix.alpha";
    const yaml_node *variants = yaml_get(root, "variants");
    bool known = schema_given(root, key);
    for (size_t i = 0; variants != NULL && variants->kind == YAML_MAPPING && i < variants->count; i++)
        known = known || schema_given(variants->items[i], key);
    for (size_t i = 0; i < in->layer_count && !known; i++)
        if (in->layers[i].layer.mix)
            return schema_error(yaml_get(yaml_get(root, "network")->items[i], "mix"), key,
                                "is missing, so that `mix: true` has no meaning; give it (0: no mixing)");
    return MIXUP_OK;
}

mixup_status schema_check_idle(const yaml_node *root, const settings *in) {
    if (yaml_get(root, "made_by") != NULL)
        return MIXUP_OK;
    MIXUP_TRY(check_part(root, "data.train", &in->train));
    MIXUP_TRY(check_part(root, "data.test", &in->test));
    MIXUP_TRY(check_part(root, "data.validation", &in->validation));
    MIXUP_TRY(check_minimum(root, &in->fit.schedule));
    MIXUP_TRY(check_decoupled(root, &in->fit.optimizer));
    MIXUP_TRY(check_scatter(root, in));
    return check_marks(root, in);
}
