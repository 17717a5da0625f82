/* train: the variants of an experiment, one seed after the other, each into its folder. */
#include "command.h"
#include "interrupt.h"
#include "overrides.h"
#include "progress.h"

#include "base/path.h"
#include "experiment/run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SEEDS = 1000 };

/* What is asked for. */
typedef struct request {
    const arguments *given;
    experiment_file *file;
    uint64_t *seeds; /* NULL: the file's own */
    size_t seed_count;
    char *folder;
    progress progress;
} request;

/* ---------------------------------------------------------------- reading the request */

/* "1,2,3"; false on anything else. */
static bool parse_seeds(request *in, const char *list) {
    in->seeds = calloc(MAX_SEEDS, sizeof *in->seeds);
    if (in->seeds == NULL)
        return false;
    for (;;) {
        char *end = NULL;
        errno = 0;
        if (!isdigit((unsigned char)*list) || in->seed_count == MAX_SEEDS)
            return false;
        in->seeds[in->seed_count++] = strtoull(list, &end, 10);
        if (errno != 0 || (*end != ',' && *end != '\0'))
            return false;
        if (*end == '\0')
            return true;
        list = end + 1;
    }
}

static mixup_status open_request(request *in) {
    overrides changes;
    MIXUP_TRY(overrides_collect(&changes, in->given));
    const mixup_status status = experiment_open(&in->file, arguments_positional(in->given, 0), changes.items,
                                                changes.count, command_allocator());
    overrides_clear(&changes);
    MIXUP_TRY(status);
    const char *out = arguments_text(in->given, "out", NULL);
    experiment *any = NULL;
    MIXUP_TRY(experiment_resolve(&any, in->file, experiment_variant_name(in->file, 0), NULL));
    in->folder = out != NULL ? memory_copy_text(command_allocator(), out)
                             : path_join(command_allocator(), "results", experiment_settings(any)->name);
    experiment_destroy(any);
    return in->folder != NULL ? MIXUP_OK : MIXUP_ERROR_MEMORY;
}

/* ---------------------------------------------------------------- one run */

static bool on_step(void *user, const mixup_step *step) {
    request *in = user;
    progress_step(&in->progress, step);
    return interrupt_wanted();
}

static bool on_epoch(void *user, const mixup_epoch *epoch) {
    request *in = user;
    progress_epoch(&in->progress, epoch);
    return interrupt_wanted();
}

static const char *how_to_go_on(const arguments *given) {
    if (arguments_flag(given, "resume"))
        return "the same command goes on from here";
    if (arguments_flag(given, "overwrite"))
        return "the same command with --resume in place of --overwrite goes on from here";
    return "the same command with --resume goes on from here";
}

static void report_outcome(const request *in, const settings *trained, run_outcome outcome) {
    if (outcome == RUN_INTERRUPTED) {
        fprintf(stderr, "mixup train: interrupted; %s\n", how_to_go_on(in->given));
        return;
    }
    char *folder = run_folder(command_allocator(), in->folder, trained->variant, trained->seed);
    if (folder == NULL)
        return;
    if (outcome == RUN_SKIPPED)
        command_note(in->given, "%s: finished before, with the same settings", folder);
    printf("%s\n", folder);
    fflush(stdout);
    memory_release(command_allocator(), folder);
}

static mixup_status train_one(request *in, const char *variant, const uint64_t *seed, run_outcome *outcome) {
    experiment *resolved = NULL;
    MIXUP_TRY(experiment_resolve(&resolved, in->file, variant, seed));
    const settings *asked = experiment_settings(resolved);
    char label[160];
    snprintf(label, sizeof label, "%.60s/%.60s seed %llu", asked->name, asked->variant,
             (unsigned long long)asked->seed);
    progress_begin(&in->progress, arguments_quiet(in->given), label, asked->fit.epochs);
    const run_desc desc = {
        .experiment = resolved,
        .folder = in->folder,
        .resume = arguments_flag(in->given, "resume"),
        .overwrite = arguments_flag(in->given, "overwrite"),
        .on_step = on_step,
        .on_epoch = on_epoch,
        .user = in,
        .log = command_log(in->given),
        .allocator = command_allocator(),
    };
    const mixup_status status = run_train(&desc, outcome);
    progress_end(&in->progress);
    if (status == MIXUP_OK)
        report_outcome(in, asked, *outcome);
    experiment_destroy(resolved);
    return status;
}

/* ---------------------------------------------------------------- all runs */

static bool asked_for(const arguments *given, const char *variant) {
    const char *const *names = NULL;
    const size_t count = arguments_list(given, "variant", &names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], variant) == 0)
            return true;
    return count == 0;
}

/* A variant that does not exist is found before anything is trained. */
static mixup_status check_variants(const request *in) {
    const char *const *names = NULL;
    const size_t count = arguments_list(in->given, "variant", &names);
    for (size_t i = 0; i < count; i++) {
        experiment *found = NULL;
        MIXUP_TRY(experiment_resolve(&found, in->file, names[i], NULL));
        experiment_destroy(found);
    }
    return MIXUP_OK;
}

/* Whether the run could begin. */
static mixup_status try_run(const request *in, const char *variant, const uint64_t *seed, bool thoroughly) {
    experiment *resolved = NULL;
    MIXUP_TRY(experiment_resolve(&resolved, in->file, variant, seed));
    const run_desc desc = {
        .experiment = resolved,
        .folder = in->folder,
        .resume = arguments_flag(in->given, "resume"),
        .overwrite = arguments_flag(in->given, "overwrite"),
        .allocator = command_allocator(),
    };
    const mixup_status status = run_check(&desc, thoroughly);
    experiment_destroy(resolved);
    return status;
}

/* A mistake in the last variant shall not be found hours after the first one began. (The first one's data and
 * network are looked at when it is trained, and those of further seeds are the same.) */
static mixup_status try_runs(const request *in) {
    bool first = true;
    const size_t seeds = in->seeds != NULL ? in->seed_count : 1;
    for (size_t v = 0; v < experiment_variant_count(in->file); v++) {
        const char *name = experiment_variant_name(in->file, v);
        for (size_t s = 0; s < seeds && asked_for(in->given, name); s++) {
            MIXUP_TRY(try_run(in, name, in->seeds != NULL ? &in->seeds[s] : NULL, !first && s == 0));
            if (interrupt_wanted())
                return MIXUP_OK;
        }
        first = first && !asked_for(in->given, name);
    }
    return MIXUP_OK;
}

static mixup_status train_all(request *in, bool *interrupted) {
    MIXUP_TRY(open_request(in));
    MIXUP_TRY(check_variants(in));
    MIXUP_TRY(try_runs(in));
    *interrupted = interrupt_wanted();
    if (*interrupted)
        return MIXUP_OK;
    const size_t seeds = in->seeds != NULL ? in->seed_count : 1;
    for (size_t v = 0; v < experiment_variant_count(in->file); v++) {
        const char *variant = experiment_variant_name(in->file, v);
        for (size_t s = 0; s < seeds && asked_for(in->given, variant); s++) {
            run_outcome outcome = RUN_TRAINED;
            MIXUP_TRY(train_one(in, variant, in->seeds != NULL ? &in->seeds[s] : NULL, &outcome));
            *interrupted = outcome == RUN_INTERRUPTED || interrupt_wanted();
            if (*interrupted)
                return MIXUP_OK;
        }
    }
    return MIXUP_OK;
}

static int run(const arguments *given) {
    request in = {.given = given};
    const char *seeds = arguments_text(given, "seeds", NULL);
    if (!overrides_are_whole(given))
        return EXIT_USAGE;
    if (arguments_flag(given, "resume") && arguments_flag(given, "overwrite"))
        return command_misused(given,
                               "--resume goes on with an old run and --overwrite removes it: choose one");
    if (seeds != NULL && !parse_seeds(&in, seeds)) {
        free(in.seeds);
        return command_misused(given, "--seeds %s: write whole numbers with commas between them, as in 1,2,3",
                               seeds);
    }
    interrupt_watch();
    bool interrupted = false;
    const mixup_status status = train_all(&in, &interrupted);
    experiment_close(in.file);
    memory_release(command_allocator(), in.folder);
    free(in.seeds);
    if (status != MIXUP_OK)
        return command_failed(given);
    return interrupted ? EXIT_INTERRUPTED : command_finish_output(given);
}

static const option options[] = {
    {.name = "variant",
     .kind = OPTION_LIST,
     .value = "NAME",
     .help = "train this variant only (default: all)"},
    {.name = "seeds",
     .kind = OPTION_TEXT,
     .value = "1,2,3",
     .help = "train with each of these seeds (default: the file's)"},
    {.name = "set",
     .kind = OPTION_LIST,
     .value = "KEY=VALUE",
     .help = "change a key, as in training.epochs=1"},
    {.name = "out",
     .kind = OPTION_TEXT,
     .value = "DIR",
     .help = "folder of the runs (default: results/NAME)"},
    {.name = "resume", .kind = OPTION_FLAG, .help = "go on with unfinished runs"},
    {.name = "overwrite", .kind = OPTION_FLAG, .help = "throw old runs away and train anew"},
    OPTION_ENGINE,
    OPTION_THREADS,
    {0},
};

const command command_train = {
    .name = "train",
    .summary = "train the variants of an experiment",
    .synopsis = "EXPERIMENT.yaml",
    .least = 1,
    .most = 1,
    .options = options,
    .details =
        "Each variant and seed gets a folder DIR/VARIANT/seed-N with run.yaml, history.csv, metrics.json "
        "and\n"
        "model.safetensors; its path is printed when it is finished. A finished run with the same settings\n"
        "is not trained again, nor are its data read unless their files have changed. Ctrl-C finishes the\n"
        "step and keeps a checkpoint, --resume goes on from it and ends with the same bits; a second Ctrl-C\n"
        "ends at once.\n",
    .run = run,
};
