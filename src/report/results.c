/* report/results: see results.h. */
#include "report/results.h"

#include "base/file.h"
#include "base/path.h"
#include "experiment/run.h"
#include "report/run_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAXIMUM_ENTRIES = 4096 };

/* The folders inside a folder, in natural order. */
typedef struct listing {
    char **names;
    size_t count;
} listing;

int results_natural_order(const char *a, const char *b) {
    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            char *end_a = NULL;
            char *end_b = NULL;
            const unsigned long long x = strtoull(a, &end_a, 10);
            const unsigned long long y = strtoull(b, &end_b, 10);
            if (x != y)
                return x < y ? -1 : 1;
            a = end_a;
            b = end_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    return (*a != '\0') - (*b != '\0');
}

static int compare_names(const void *a, const void *b) {
    return results_natural_order(*(char *const *)a, *(char *const *)b);
}

/* Variants: those with a fixed style first, in its order. */
static int compare_variants(const void *a, const void *b) {
    const char *x = ((const results_variant *)a)->name;
    const char *y = ((const results_variant *)b)->name;
    size_t rank_x = SIZE_MAX;
    size_t rank_y = SIZE_MAX;
    palette_rank(x, &rank_x);
    palette_rank(y, &rank_y);
    if (rank_x != rank_y)
        return rank_x < rank_y ? -1 : 1;
    return results_natural_order(x, y);
}

static int compare_seeds(const void *a, const void *b) {
    const uint64_t x = ((const results_run *)a)->seed;
    const uint64_t y = ((const results_run *)b)->seed;
    return (x > y) - (x < y);
}

static void listing_clear(listing *out, const mixup_allocator *allocator) {
    for (size_t i = 0; i < out->count; i++)
        memory_release(allocator, out->names[i]);
    memory_release(allocator, out->names);
    *out = (listing){0};
}

static mixup_status list_entry(const char *folder, const char *name, const mixup_allocator *allocator,
                               listing *out) {
    if (name[0] == '.')
        return MIXUP_OK;
    char *path = path_join(allocator, folder, name);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const bool wanted = file_is_folder(path);
    memory_release(allocator, path);
    if (!wanted)
        return MIXUP_OK;
    if (out->count == MAXIMUM_ENTRIES)
        return error(MIXUP_ERROR_DATA, "%s: holds more than %d folders; give a folder of results", folder,
                     MAXIMUM_ENTRIES);
    out->names[out->count] = memory_copy_text(allocator, name);
    return out->names[out->count++] == NULL ? MIXUP_ERROR_MEMORY : MIXUP_OK;
}

static mixup_status list_folders(const char *folder, const mixup_allocator *allocator, listing *out) {
    listing found = {0};
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return error(MIXUP_ERROR_IO, "%s: cannot open the folder: %s", folder, strerror(errno));
    mixup_status status = MEMORY_NEW(allocator, found.names, MAXIMUM_ENTRIES);
    for (struct dirent *entry; status == MIXUP_OK && (entry = readdir(directory)) != NULL;)
        status = list_entry(folder, entry->d_name, allocator, &found);
    closedir(directory);
    if (status != MIXUP_OK) {
        listing_clear(&found, allocator);
        return status;
    }
    qsort(found.names, found.count, sizeof *found.names, compare_names);
    *out = found;
    return MIXUP_OK;
}

/* "seed-7" */
static bool seed_of(const char *name, uint64_t *seed) {
    if (strncmp(name, "seed-", 5) != 0 || !isdigit((unsigned char)name[5]))
        return false;
    char *end = NULL;
    errno = 0;
    *seed = strtoull(name + 5, &end, 10);
    return errno == 0 && *end == '\0';
}

/* Whether the folder has the file. */
static mixup_status look_for(const char *folder, const char *file, const mixup_allocator *allocator,
                             bool *found) {
    char *path = path_join(allocator, folder, file);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    *found = file_exists(path);
    memory_release(allocator, path);
    return MIXUP_OK;
}

static void variant_clear(results_variant *variant, const mixup_allocator *allocator) {
    for (size_t i = 0; i < variant->run_count; i++) {
        run_files_clear(&variant->runs[i], allocator);
        memory_release(allocator, variant->runs[i].folder);
    }
    memory_release(allocator, variant->runs);
    memory_release(allocator, variant->name);
    *variant = (results_variant){0};
}

static void experiment_clear(results_experiment *found, const mixup_allocator *allocator) {
    for (size_t i = 0; i < found->variant_count; i++)
        variant_clear(&found->variants[i], allocator);
    memory_release(allocator, found->variants);
    memory_release(allocator, found->name);
    memory_release(allocator, found->folder);
    *found = (results_experiment){0};
}

/* Adds the run in `path`, if there is a finished one; takes `path` over. */
static mixup_status read_run_at(char *path, uint64_t seed, const mixup_allocator *allocator,
                                results_variant *variant, size_t *unfinished) {
    bool finished = false;
    bool begun = false;
    results_run run = {.seed = seed, .folder = path};
    mixup_status status = MIXUP_OK;
    MIXUP_TRY_ELSE(status, look_for(path, RUN_METRICS, allocator, &finished), done);
    MIXUP_TRY_ELSE(status, look_for(path, RUN_EXPERIMENT, allocator, &begun), done);
    if (!finished) {
        *unfinished += begun;
        goto done;
    }
    MIXUP_TRY_ELSE(status, run_files_read(&run, allocator), done);
    variant->runs[variant->run_count++] = run;
    return MIXUP_OK;
done:
    memory_release(allocator, path);
    return status;
}

/* Adds the run in folder/name, if that is one. */
static mixup_status read_run(const char *folder, const char *name, const mixup_allocator *allocator,
                             results_variant *variant, size_t *unfinished) {
    uint64_t seed = 0;
    if (!seed_of(name, &seed))
        return MIXUP_OK;
    char *path = path_join(allocator, folder, name);
    return path == NULL ? MIXUP_ERROR_MEMORY : read_run_at(path, seed, allocator, variant, unfinished);
}

/* The runs of folder/name; none is fine. */
static mixup_status read_variant(const char *folder, const char *name, const mixup_allocator *allocator,
                                 results_variant *out, size_t *unfinished) {
    results_variant variant = {0};
    listing seeds = {0};
    mixup_status status = MIXUP_OK;
    char *path = path_join(allocator, folder, name);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    MIXUP_TRY_ELSE(status, list_folders(path, allocator, &seeds), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, variant.runs, seeds.count), done);
    variant.name = memory_copy_text(allocator, name);
    status = variant.name == NULL ? MIXUP_ERROR_MEMORY : MIXUP_OK;
    for (size_t i = 0; i < seeds.count && status == MIXUP_OK; i++)
        status = read_run(path, seeds.names[i], allocator, &variant, unfinished);
    if (status == MIXUP_OK && variant.run_count > 0) {
        qsort(variant.runs, variant.run_count, sizeof *variant.runs, compare_seeds);
        *out = variant;
        variant = (results_variant){0};
    }
done:
    variant_clear(&variant, allocator);
    listing_clear(&seeds, allocator);
    memory_release(allocator, path);
    return status;
}

static void choose_styles(results_experiment *found) {
    size_t index = 0;
    for (size_t i = 0; i < found->variant_count; i++) {
        size_t rank = 0;
        results_variant *variant = &found->variants[i];
        variant->style = palette_variant(variant->name, index);
        index += !palette_rank(variant->name, &rank);
    }
}

/* The variants in `path`; an experiment without runs stays empty. Takes `path` and `name` over. */
static mixup_status read_experiment(char *path, char *name, const mixup_allocator *allocator,
                                    results_experiment *out) {
    results_experiment found = {.name = name, .folder = path};
    listing names = {0};
    mixup_status status = MIXUP_OK;
    if (name == NULL || path == NULL) {
        status = MIXUP_ERROR_MEMORY;
        goto done;
    }
    MIXUP_TRY_ELSE(status, list_folders(path, allocator, &names), done);
    MIXUP_TRY_ELSE(status, MEMORY_NEW(allocator, found.variants, names.count), done);
    for (size_t i = 0; i < names.count && status == MIXUP_OK; i++) {
        results_variant *variant = &found.variants[found.variant_count];
        status = read_variant(path, names.names[i], allocator, variant, &found.unfinished);
        found.variant_count += variant->run_count > 0;
    }
    if (status == MIXUP_OK && found.variant_count > 0) {
        qsort(found.variants, found.variant_count, sizeof *found.variants, compare_variants);
        choose_styles(&found);
        *out = found;
        found = (results_experiment){0};
    } else if (status == MIXUP_OK) {
        out->unfinished = found.unfinished;
    }
done:
    listing_clear(&names, allocator);
    experiment_clear(&found, allocator);
    return status;
}

/* The name of a folder's last part, of "." by its real path. */
static char *last_part(const char *folder, const mixup_allocator *allocator) {
    char *real = realpath(folder, NULL);
    const char *slash = strrchr(real != NULL ? real : folder, '/');
    char *name = memory_copy_text(allocator, slash != NULL && slash[1] != '\0' ? slash + 1 : "results");
    free(real);
    return name;
}

/* Reads `path` as an experiment and keeps it when it has runs. Takes both strings over. */
static mixup_status add_experiment(results *out, char *path, char *name, size_t *unfinished) {
    results_experiment *found = &out->experiments[out->experiment_count];
    MIXUP_TRY(read_experiment(path, name, &out->allocator, found));
    *unfinished += found->unfinished;
    out->experiment_count += found->variant_count > 0;
    return MIXUP_OK;
}

/* Says why nothing was found: most often the folder is one or two levels too deep. */
static mixup_status no_runs(const char *folder, size_t unfinished, const mixup_allocator *allocator) {
    results_variant variant = {0};
    size_t begun = 0;
    bool is_run = false;
    MIXUP_TRY(look_for(folder, RUN_METRICS, allocator, &is_run));
    MIXUP_TRY(read_variant(folder, ".", allocator, &variant, &begun));
    const bool is_variant = variant.run_count > 0;
    variant_clear(&variant, allocator);
    if (is_run || is_variant)
        return error(MIXUP_ERROR_NOT_FOUND,
                     "%s: is the folder of %s; give that of its experiment, %s above it", folder,
                     is_run ? "a run" : "a variant", is_run ? "two" : "one");
    return error(MIXUP_ERROR_NOT_FOUND,
                 "%s: no finished run in it%s; expected EXPERIMENT/VARIANT/seed-N/%s or VARIANT/seed-N/%s",
                 folder, unfinished + begun > 0 ? " (`mixup train` with --resume finishes those begun)" : "",
                 RUN_METRICS, RUN_METRICS);
}

mixup_status results_read(const char *folder, const mixup_allocator *allocator, results *out) {
    results found = {.allocator = *allocator};
    listing names = {0};
    MIXUP_TRY(list_folders(folder, allocator, &names));
    mixup_status status = MIXUP_OK;
    size_t unfinished = 0;
    found.folder = memory_copy_text(allocator, folder);
    status = found.folder == NULL ? MIXUP_ERROR_MEMORY : MIXUP_OK;
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, found.experiments, names.count + 1);
    if (status == MIXUP_OK)
        status = add_experiment(&found, memory_copy_text(allocator, folder), last_part(folder, allocator),
                                &unfinished);
    for (size_t i = 0; i < names.count && status == MIXUP_OK; i++)
        status = add_experiment(&found, path_join(allocator, folder, names.names[i]),
                                memory_copy_text(allocator, names.names[i]), &unfinished);
    listing_clear(&names, allocator);
    if (status == MIXUP_OK && found.experiment_count == 0)
        status = no_runs(folder, unfinished, allocator);
    if (status == MIXUP_OK)
        *out = found;
    else
        results_clear(&found);
    return status;
}

void results_clear(results *out) {
    for (size_t i = 0; i < out->experiment_count; i++)
        experiment_clear(&out->experiments[i], &out->allocator);
    memory_release(&out->allocator, out->experiments);
    memory_release(&out->allocator, out->folder);
    *out = (results){.allocator = out->allocator};
}

const results_experiment *results_find(const results *in, const char *name) {
    for (size_t i = 0; i < in->experiment_count; i++)
        if (strcmp(in->experiments[i].name, name) == 0)
            return &in->experiments[i];
    return NULL;
}

const results_variant *results_variant_find(const results_experiment *in, const char *name) {
    for (size_t i = 0; i < in->variant_count; i++)
        if (strcmp(in->variants[i].name, name) == 0)
            return &in->variants[i];
    return NULL;
}

double results_metric_value(const results_run *run, const char *name) {
    for (size_t i = 0; i < run->metric_count; i++)
        if (strcmp(run->metrics[i].name, name) == 0)
            return run->metrics[i].value;
    return (double)NAN;
}
