/* report/evidence: see evidence.h. */
#include "report/evidence.h"

#include "report/kind.h"

#include <string.h>

const char *evidence_setting(const evidence_variant *variant, const char *path) {
    const yaml_node *node = yaml_find(variant->document, path);
    return node != NULL && node->kind == YAML_SCALAR && !yaml_is_null(node) ? node->text : NULL;
}

/* Out of memory ends the report; anything else is noted and the report goes on. */
static mixup_status note(evidence *out, const char *variant, mixup_status status) {
    if (status == MIXUP_OK || status == MIXUP_ERROR_MEMORY)
        return status;
    text_format(&out->warnings, "%s: %s\n", variant, mixup_last_error());
    return text_status(&out->warnings);
}

static void say(mixup_log log, const evidence *about, const char *variant, const char *what) {
    char line[400];
    if (log.write == NULL)
        return;
    text message;
    text_init(&message, &about->allocator);
    text_format(&message, "%s/%s: %s", about->files->name, variant, what);
    if (text_status(&message) == MIXUP_OK && message.length < sizeof line) {
        memcpy(line, message.data, message.length + 1);
        log.write(line, log.user);
    }
    text_clear(&message);
}

static const char *scalar_at(const yaml_node *document, const char *path) {
    const yaml_node *node = yaml_find(document, path);
    return node != NULL && node->kind == YAML_SCALAR ? node->text : "";
}

/* " (× 0 in epoch 1, 1 in 20)": how alpha changes. */
static void summarize_schedule(const yaml_node *document, text *out) {
    const yaml_node *epochs = yaml_find(document, "mix.alpha_epochs");
    const yaml_node *factors = yaml_find(document, "mix.alpha_factors");
    if (epochs == NULL || factors == NULL || epochs->kind != YAML_SEQUENCE ||
        factors->kind != YAML_SEQUENCE || epochs->count != factors->count)
        return;
    for (size_t i = 0; i < epochs->count; i++)
        if (epochs->items[i]->kind == YAML_SCALAR && factors->items[i]->kind == YAML_SCALAR)
            text_format(out, "%s%s in %s%s", i == 0 ? " (× " : ", ", factors->items[i]->text,
                        i == 0 ? "epoch " : "", epochs->items[i]->text);
    text_add(out, epochs->count > 0 ? ")" : "");
}

/* What else distinguishes the mixing of two variants. */
static void summarize_mixing(const yaml_node *document, text *out) {
    const char *every = scalar_at(document, "mix.every_steps");
    summarize_schedule(document, out);
    if (strcmp(scalar_at(document, "mix.per_sample"), "true") == 0)
        text_add(out, ", a λ each");
    if (every[0] != '\0' && strcmp(every, "1") != 0)
        text_format(out, ", one batch in %s", every);
    if (strcmp(scalar_at(document, "mix.block_gradient"), "true") == 0)
        text_add(out, ", gradient blocked");
}

/* Data that are mixed before there is an image (`format: factors`); false: none are. */
static bool summarize_factors(const yaml_node *document, bool more, text *out) {
    const yaml_node *alpha = yaml_find(document, "data.train.factor_alpha");
    double value = 0.0;
    if (alpha == NULL || !yaml_to_number(alpha, &value) || value == 0.0)
        return false;
    text_format(out, "mixes the factors, α = %g%s", value, more ? "; " : "");
    return true;
}

void evidence_summarize(const yaml_node *document, text *out) {
    const yaml_node *sites = yaml_find(document, "mix.at");
    const yaml_node *alpha = yaml_find(document, "mix.alpha");
    const yaml_node *epochs = yaml_find(document, "training.epochs");
    const bool listed = sites != NULL && sites->kind == YAML_SEQUENCE;
    double value = 0.0;
    const bool mixes = alpha != NULL && alpha->kind == YAML_SCALAR && yaml_to_number(alpha, &value) &&
                       value > 0.0 && (!listed || sites->count > 0);
    const bool cuts = strcmp(scalar_at(document, "mix.kind"), "cutmix") == 0;
    const bool factors = summarize_factors(document, mixes, out);
    if (mixes || !factors)
        text_add(out, !mixes ? "no mixing" : cuts ? "CutMix at " : "mixes at ");
    for (size_t i = 0; mixes && listed && i < sites->count; i++)
        text_format(out, "%s%s", i == 0 ? "" : ", ",
                    sites->items[i]->kind == YAML_SCALAR ? sites->items[i]->text : "?");
    if (mixes) {
        text_format(out, "%s, α = %g", listed ? "" : "the network's own sites", value);
        summarize_mixing(document, out);
    }
    if (epochs != NULL && epochs->kind == YAML_SCALAR)
        text_format(out, "; %s epoch%s", epochs->text, strcmp(epochs->text, "1") == 0 ? "" : "s");
}

static mixup_status summarize(evidence *out, evidence_variant *variant) {
    text summary;
    text_init(&summary, &out->allocator);
    evidence_summarize(variant->document, &summary);
    const mixup_status status = text_status(&summary);
    if (status == MIXUP_OK)
        variant->summary = arena_copy_text(&out->memory, summary.data, summary.length);
    text_clear(&summary);
    return status == MIXUP_OK && variant->summary == NULL ? MIXUP_ERROR_MEMORY : status;
}

static mixup_status read_variant(evidence *out, size_t index) {
    evidence_variant *variant = &out->variants[index];
    variant->files = &out->files->variants[index];
    MIXUP_TRY(trained_document(&out->memory, variant->files->runs[0].folder, &variant->document));
    return summarize(out, variant);
}

/* Name, description and figures: from the first variant's document, which has them like all others. */
static mixup_status read_heading(evidence *out) {
    const evidence_variant *first = &out->variants[0];
    out->name = evidence_setting(first, "name");
    if (out->name == NULL)
        out->name = out->files->name;
    out->description = evidence_setting(first, "description");
    const mixup_status status =
        trained_requests(&out->memory, first->files->runs[0].folder, &out->items, &out->item_count);
    MIXUP_TRY(note(out, first->files->name, status));
    for (size_t i = 0; i < out->variant_count; i++) {
        size_t size = 0;
        MIXUP_TRY(memory_product(out->item_count, out->variants[i].files->run_count, &size));
        MIXUP_TRY(ARENA_NEW(&out->memory, out->variants[i].measurements, size));
    }
    return MIXUP_OK;
}

/* Copies the class names of the first data set that has them. */
static mixup_status keep_classes(evidence *out, const trained *run) {
    mixup_dataset_info info;
    mixup_dataset_describe(run->data.train, &info);
    if (out->classes.count > 0 || info.class_count == 0)
        return MIXUP_OK;
    const char **names = NULL;
    MIXUP_TRY(ARENA_NEW(&out->memory, names, info.class_count));
    for (size_t c = 0; c < info.class_count && info.class_names != NULL; c++) {
        names[c] = arena_copy_text(&out->memory, info.class_names[c], strlen(info.class_names[c]));
        if (names[c] == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    out->classes = (figure_classes){info.class_names != NULL ? names : NULL, info.class_count};
    return MIXUP_OK;
}

/* The item is measured on this run of the variant. */
static bool measures(const request *item, const char *variant, size_t run) {
    const report_kind *kind = kind_find(item->kind);
    return kind->measure != NULL && request_wants(item, variant) && (run == 0 || kind->every_run);
}

/* Items that show files alone need no model and no data. */
static void take_files(const evidence *of, evidence_variant *variant) {
    for (size_t i = 0; i < of->item_count; i++)
        variant->measurements[i].measured = kind_find(of->items[i].kind)->measure == NULL &&
                                            request_wants(&of->items[i], variant->files->name);
}

static mixup_status measure_run(evidence *out, evidence_variant *variant, size_t index, mixup_log log) {
    const char *name = variant->files->name;
    trained run;
    say(log, out, name, "opening its model and data");
    const mixup_status opened = trained_open(&run, variant->files->runs[index].folder, &out->allocator);
    if (opened != MIXUP_OK)
        return note(out, name, opened);
    mixup_status status = keep_classes(out, &run);
    for (size_t i = 0; i < out->item_count && status == MIXUP_OK; i++) {
        if (!measures(&out->items[i], name, index))
            continue;
        say(log, out, name, settings_figure_name(out->items[i].kind));
        status = note(out, name,
                      measure_item(&run, &out->items[i], &out->allocator,
                                   &variant->measurements[index * out->item_count + i]));
    }
    if (status == MIXUP_OK && index == 0)
        status = note(out, name, measure_classification(&run, &out->allocator, &variant->classified));
    trained_close(&run);
    return status;
}

/* The first run in any case; others where an item wants them. */
static mixup_status measure_variant(evidence *out, evidence_variant *variant, mixup_log log) {
    take_files(out, variant);
    for (size_t r = 0; r < variant->files->run_count; r++) {
        bool wanted = r == 0;
        for (size_t i = 0; i < out->item_count; i++)
            wanted = wanted || measures(&out->items[i], variant->files->name, r);
        if (wanted)
            MIXUP_TRY(measure_run(out, variant, r, log));
    }
    return MIXUP_OK;
}

mixup_status evidence_gather(const results_experiment *files, mixup_log log, const mixup_allocator *allocator,
                             evidence *out) {
    evidence result = {.allocator = *allocator, .files = files};
    arena_init(&result.memory, allocator);
    text_init(&result.warnings, allocator);
    mixup_status status = ARENA_NEW(&result.memory, result.variants, files->variant_count);
    for (size_t i = 0; i < files->variant_count && status == MIXUP_OK; i++) {
        status = read_variant(&result, i);
        result.variant_count += status == MIXUP_OK;
    }
    if (status == MIXUP_OK)
        status = read_heading(&result);
    for (size_t i = 0; i < result.variant_count && status == MIXUP_OK; i++)
        status = measure_variant(&result, &result.variants[i], log);
    if (status == MIXUP_OK)
        *out = result;
    else
        evidence_clear(&result);
    return status;
}

void evidence_clear(evidence *out) {
    for (size_t i = 0; i < out->variant_count; i++) {
        evidence_variant *variant = &out->variants[i];
        for (size_t k = 0; variant->measurements != NULL && k < out->item_count * variant->files->run_count;
             k++)
            measure_clear(&variant->measurements[k]);
        classification_clear(&variant->classified);
    }
    text_clear(&out->warnings);
    arena_clear(&out->memory);
    *out = (evidence){.allocator = out->allocator};
}
