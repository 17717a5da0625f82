/* report/claim: see claim.h. */
#include "report/claim.h"

#include "report/kind.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *claim_variant_name(claim_variant variant) {
    static const char *const names[CLAIM_VARIANTS] = {"none", "input", "manifold"};
    return names[variant];
}

bool claim_applies(const request *item, const results_experiment *files) {
    return kind_find(item->kind)->claim != NULL && results_variant_find(files, "none") != NULL &&
           results_variant_find(files, "manifold") != NULL && request_wants(item, "none") &&
           request_wants(item, "manifold");
}

static int compare_numbers(const void *a, const void *b) {
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of count ≥ 1 numbers; `room` [count]. */
static double median_of(const double *numbers, size_t count, double *room) {
    memcpy(room, numbers, count * sizeof *room);
    qsort(room, count, sizeof *room, compare_numbers);
    return count % 2 == 1 ? room[count / 2] : 0.5 * (room[count / 2 - 1] + room[count / 2]);
}

/* Sizes the claim by its first measurement. */
static mixup_status begin(claim *out, const measurement *first) {
    out->rows = out->item->kind == SETTINGS_SINGULAR_VALUES ? first->classes : 1;
    MIXUP_TRY(MEMORY_NEW(&out->allocator, out->samples, out->rows));
    for (size_t row = 0; row < out->rows; row++)
        out->samples[row] =
            out->item->kind == SETTINGS_SINGULAR_VALUES ? first->rows[row] : first->points.count;
    for (size_t v = 0; v < CLAIM_VARIANTS; v++) {
        if (out->variants[v] == NULL)
            continue;
        size_t size = 0;
        MIXUP_TRY(memory_product(out->rows, out->variants[v]->run_count, &size));
        MIXUP_TRY(MEMORY_NEW(&out->allocator, out->numbers[v], size));
        MIXUP_TRY(MEMORY_NEW(&out->allocator, out->medians[v], out->rows));
    }
    return MIXUP_OK;
}

static mixup_status keep(claim *out, size_t variant, size_t run, const measurement *numbers) {
    if (out->samples == NULL)
        MIXUP_TRY(begin(out, numbers));
    const size_t runs = out->variants[variant]->run_count;
    if (out->item->kind == SETTINGS_SURFACE)
        out->numbers[variant][run] = numbers->share;
    if (out->item->kind == SETTINGS_SCATTER)
        out->numbers[variant][run] = numbers->tightness;
    if (out->item->kind != SETTINGS_SINGULAR_VALUES)
        return MIXUP_OK;
    if (numbers->classes != out->rows)
        return error(MIXUP_ERROR_DATA, "%s has %zu classes, other runs have %zu",
                     out->variants[variant]->runs[run].folder, numbers->classes, out->rows);
    for (size_t row = 0; row < out->rows; row++)
        out->numbers[variant][row * runs + run] = measure_sum(numbers, row, false);
    return MIXUP_OK;
}

/* Measures with all samples, however few the picture shows. */
static mixup_status measure_run(claim *out, size_t variant, size_t run, mixup_log log) {
    const char *folder = out->variants[variant]->runs[run].folder;
    char line[300];
    snprintf(line, sizeof line, "%s of %.200s", settings_figure_name(out->item->kind), folder);
    if (log.write != NULL)
        log.write(line, log.user);
    request item = *out->item;
    if (item.kind != SETTINGS_SURFACE)
        item.points = 0;
    trained opened;
    MIXUP_TRY(trained_open(&opened, folder, &out->allocator));
    measurement numbers;
    mixup_status status = measure_item(&opened, &item, &out->allocator, &numbers);
    trained_close(&opened);
    if (status != MIXUP_OK)
        return status;
    status = keep(out, variant, run, &numbers);
    measure_clear(&numbers);
    return status;
}

static mixup_status take_medians(claim *out) {
    for (size_t v = 0; v < CLAIM_VARIANTS; v++) {
        if (out->variants[v] == NULL)
            continue;
        const size_t runs = out->variants[v]->run_count;
        double *room = NULL;
        MIXUP_TRY(MEMORY_NEW(&out->allocator, room, runs));
        for (size_t row = 0; row < out->rows; row++)
            out->medians[v][row] = median_of(out->numbers[v] + row * runs, runs, room);
        memory_release(&out->allocator, room);
    }
    return MIXUP_OK;
}

static bool row_holds(const claim *in, size_t row) {
    const double manifold = in->medians[CLAIM_MANIFOLD][row];
    const double none = in->medians[CLAIM_NONE][row];
    if (in->item->kind == SETTINGS_SURFACE)
        return manifold > none;
    if (in->item->kind == SETTINGS_SINGULAR_VALUES && in->variants[CLAIM_INPUT] != NULL &&
        !(manifold < in->medians[CLAIM_INPUT][row]))
        return false;
    return manifold < none;
}

/* What the claim takes and the runs do not have; NULL: nothing. */
static const char *find_missing(const claim *in) {
    if (in->item->kind == SETTINGS_SINGULAR_VALUES && in->variants[CLAIM_INPUT] == NULL)
        return "there are no runs of the variant input";
    for (size_t v = 0; v < CLAIM_VARIANTS; v++) {
        const bool needed = v != CLAIM_INPUT || in->item->kind == SETTINGS_SINGULAR_VALUES;
        assert(!needed || in->variants[v] != NULL);
        if (needed && in->variants[v]->run_count < CLAIM_LEAST_SEEDS)
            return "it takes three seeds or more of each variant";
    }
    return NULL;
}

static void judge(claim *out) {
    for (size_t row = 0; row < out->rows; row++) {
        if (out->samples[row] == 0)
            continue;
        out->counted++;
        out->won += row_holds(out, row);
    }
    out->missing = find_missing(out);
    out->holds = out->missing == NULL && out->counted > 0 && 10 * out->won >= 9 * out->counted;
}

mixup_status claim_measure(const request *item, const results_experiment *files, mixup_log log,
                           const mixup_allocator *allocator, claim *out) {
    claim result = {.allocator = *allocator, .item = item};
    for (size_t v = 0; v < CLAIM_VARIANTS; v++)
        if (request_wants(item, claim_variant_name((claim_variant)v)))
            result.variants[v] = results_variant_find(files, claim_variant_name((claim_variant)v));
    mixup_status status = MIXUP_OK;
    for (size_t v = 0; v < CLAIM_VARIANTS && status == MIXUP_OK; v++)
        for (size_t r = 0;
             result.variants[v] != NULL && r < result.variants[v]->run_count && status == MIXUP_OK; r++)
            status = measure_run(&result, v, r, log);
    if (status == MIXUP_OK)
        status = take_medians(&result);
    if (status != MIXUP_OK) {
        claim_clear(&result);
        return status;
    }
    judge(&result);
    *out = result;
    return MIXUP_OK;
}

void claim_clear(claim *out) {
    memory_release(&out->allocator, out->samples);
    for (size_t v = 0; v < CLAIM_VARIANTS; v++) {
        memory_release(&out->allocator, out->numbers[v]);
        memory_release(&out->allocator, out->medians[v]);
    }
    *out = (claim){.allocator = out->allocator};
}
