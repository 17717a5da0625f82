/* report/request: see request.h. */
#include "report/request.h"

#include "report/kind.h"

#include <string.h>

bool request_wants(const request *item, const char *variant) {
    for (size_t i = 0; i < item->variant_count; i++)
        if (strcmp(item->variants[i], variant) == 0)
            return true;
    return item->variant_count == 0;
}

/* NULL stays NULL. */
static mixup_status copy_text(arena *in, const char *from, const char **to) {
    *to = from == NULL ? NULL : arena_copy_text(in, from, strlen(from));
    return from != NULL && *to == NULL ? MIXUP_ERROR_MEMORY : MIXUP_OK;
}

/* NULL for an empty list. */
static mixup_status copy_list(arena *in, const void *from, size_t count, size_t size, const void **to) {
    *to = NULL;
    if (count == 0)
        return MIXUP_OK;
    void *copy = arena_allocate(in, count, size);
    if (copy == NULL)
        return MIXUP_ERROR_MEMORY;
    memcpy(copy, from, count * size);
    *to = copy;
    return MIXUP_OK;
}

static mixup_status copy_singles(arena *in, const float *from, size_t count, const float **to) {
    const void *copy = NULL;
    MIXUP_TRY(copy_list(in, from, count, sizeof *from, &copy));
    *to = copy;
    return MIXUP_OK;
}

static mixup_status copy_counts(arena *in, const size_t *from, size_t count, const size_t **to) {
    const void *copy = NULL;
    MIXUP_TRY(copy_list(in, from, count, sizeof *from, &copy));
    *to = copy;
    return MIXUP_OK;
}

/* What stands beside the descriptions of accuracies, and copies of their lists. */
static mixup_status copy_descriptions(arena *in, const settings_figure *from, request *to) {
    to->attack = from->attack;
    to->attack.samples = from->samples;
    to->attack.seed = from->seed;
    to->deform = from->deform;
    to->deform.samples = from->samples;
    to->deform.seed = from->seed;
    to->neighbors = from->neighbors;
    to->neighbors.layer = to->layer;
    to->neighbors.samples = from->samples;
    to->neighbors.per_class = to->points;
    MIXUP_TRY(copy_singles(in, from->attack.epsilons, from->attack.epsilon_count, &to->attack.epsilons));
    MIXUP_TRY(copy_singles(in, from->attack.clip, from->attack.clip_count, &to->attack.clip));
    for (size_t k = 0; k < DEFORM_KINDS; k++)
        MIXUP_TRY(copy_singles(in, from->deform.amounts[k], from->deform.counts[k], &to->deform.amounts[k]));
    return copy_counts(in, from->neighbors.counts, from->neighbors.count_count, &to->neighbors.counts);
}

static mixup_status copy_lists(arena *in, const settings_figure *from, request *to) {
    MIXUP_TRY(copy_counts(in, from->classes, from->class_count, &to->classes));
    MIXUP_TRY(ARENA_NEW(in, to->variants, from->variant_count));
    for (size_t i = 0; i < from->variant_count; i++)
        MIXUP_TRY(copy_text(in, from->variants[i], &to->variants[i]));
    to->class_count = from->class_count;
    to->variant_count = from->variant_count;
    return MIXUP_OK;
}

static mixup_status take_range(const settings_figure *from, request *to) {
    if (from->range_count == 0)
        return MIXUP_OK;
    if (from->range_count != 2 || !(from->range[0] < from->range[1]))
        return error(MIXUP_ERROR_ARGUMENT, "report: range: must be two numbers, the lower one first");
    to->range[0] = (double)from->range[0];
    to->range[1] = (double)from->range[1];
    return MIXUP_OK;
}

static mixup_status read_item(arena *in, const settings_figure *from, request *to) {
    const report_kind *kind = kind_find(from->kind);
    *to = (request){.kind = from->kind,
                    .data = from->data != SETTINGS_FIGURE_USUAL ? from->data : kind->data,
                    .step = from->step,
                    .class_number = from->class_number,
                    .uniform = from->uniform,
                    .together = from->together,
                    .threshold = from->threshold};
    to->points = from->points > 0 ? from->points : kind->points;
    MIXUP_TRY(copy_text(in, from->title != NULL ? from->title : kind->title, &to->title));
    MIXUP_TRY(copy_text(in, from->text, &to->text));
    MIXUP_TRY(copy_text(in, from->layer, &to->layer));
    MIXUP_TRY(take_range(from, to));
    MIXUP_TRY(copy_descriptions(in, from, to));
    return copy_lists(in, from, to);
}

mixup_status request_read(arena *in, const settings *from, request **items, size_t *count) {
    request *read = NULL;
    MIXUP_TRY(ARENA_NEW(in, read, from->figure_count));
    for (size_t i = 0; i < from->figure_count; i++)
        MIXUP_TRY(read_item(in, &from->figures[i], &read[i]));
    *items = read;
    *count = from->figure_count;
    return MIXUP_OK;
}
