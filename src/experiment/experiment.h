/* experiment/experiment: an experiment file (YAML), its variants, and what the library needs to run one.
 *
 * The order of what counts: the file that is extended, the file, the variant, the overrides (`--set`).
 * Mappings merge deeply, lists replace, null puts a key back to its default. Paths are relative to the file
 * in which they stand. The keys are those of schema.h; docs/configuration.md lists them.
 *
 *     experiment_open(&file, "my.yaml", NULL, 0, &allocator)
 *     experiment_resolve(&experiment, file, "manifold", NULL)
 *     experiment_load_data(experiment, &data)
 *     experiment_create_model(experiment, &data, log, &model)
 *     experiment_fit_desc(experiment, &data, &desc); desc.on_epoch = ...; mixup_fit(model, &desc)
 *
 * A run's run.yaml is an experiment file too, without variants. A newcomer's mistake: closing the file before
 * the experiment; the experiment points into it. */
#ifndef EXPERIMENT_EXPERIMENT_H
#define EXPERIMENT_EXPERIMENT_H

#include "base/text.h"
#include "experiment/settings.h"

typedef struct experiment_file experiment_file;
typedef struct experiment experiment;

/* Reads and checks the file with each of its variants. `overrides` are texts "a.b=VALUE", VALUE a YAML scalar
 * or flow collection. */
mixup_status experiment_open(experiment_file **file, const char *path, const char *const *overrides,
                             size_t override_count, const mixup_allocator *allocator);
void experiment_close(experiment_file *file);

/* The same for who looks at the network alone: `data` may be missing from the file. The experiment is then
 * good for experiment_create_model_for, and experiment_load_data says what is missing. */
mixup_status experiment_open_network(experiment_file **file, const char *path, const char *const *overrides,
                                     size_t override_count, const mixup_allocator *allocator);

/* The variants in the file's order. Without any there is one, named by the key `variant`, else "default". */
size_t experiment_variant_count(const experiment_file *file);
const char *experiment_variant_name(const experiment_file *file, size_t index);

/* One variant, with its own seed or the given one. `variant` NULL: the file without any variant's changes
 * (what data sets and networks are looked at with). */
mixup_status experiment_resolve(experiment **out, const experiment_file *file, const char *variant,
                                const uint64_t *seed);
void experiment_destroy(experiment *of);

/* The path that the file was opened by. Valid while the experiment lives. */
const char *experiment_path(const experiment *of);

/* The overrides that it was opened with, and their number. Valid while the file is open. */
const char *const *experiment_overrides(const experiment *of, size_t *count);

/* Everything the file said, defaults filled in. Valid while the experiment lives. */
const settings *experiment_settings(const experiment *of);

/* The network with `repeat` carried out; NULL and 0 where it is a ready-made one, whose layers depend on the
 * data. Valid while the experiment lives. */
const mixup_layer *experiment_layers(const experiment *of, size_t *count);

/* The data sets, standardised if asked for; validation and test are NULL where the file has none. */
typedef struct experiment_data {
    mixup_dataset *train, *validation, *test;
    mixup_log log; /* set before loading: a line for each damaged image that is left out; zero: none */
} experiment_data;
mixup_status experiment_load_data(const experiment *of, experiment_data *data);
void experiment_data_clear(experiment_data *data);

mixup_status experiment_create_model(const experiment *of, const experiment_data *data, mixup_log log,
                                     mixup_model **model);
/* The same for training data that are only described: shape, class_count and target_count are read. */
mixup_status experiment_create_model_for(const experiment *of, const mixup_dataset_info *train, mixup_log log,
                                         mixup_model **model);

/* Whether the figures that the report will want of this variant can be drawn of the model: an error names the
 * item. For whoever is about to train; a model that exists may be asked for other figures. */
mixup_status experiment_check_report(const experiment *of, const mixup_model *model);

/* The description to train with; the caller adds callbacks and checkpoint.path. Points into both arguments.
 */
void experiment_fit_desc(const experiment *of, const experiment_data *data, mixup_fit_desc *desc);

/* Puts "FILE:LINE:COLUMN: " in front of the library's last message when that speaks of a layer ("layers[3]")
 * or of a key of the file ("mix.at"), else "FILE: ". Returns `status`. */
mixup_status experiment_error_context(const experiment *of, mixup_status status);

/* The resolved experiment as YAML that gives the same training again: every key that applies, absolute paths,
 * no variants. `engine` and `threads` are those given (of the model that was trained). */
mixup_status experiment_to_yaml(const experiment *of, mixup_engine engine, size_t threads, text *out);

/* Whether two experiments give the same training. Where not, `difference` gets "training.epochs: 24, not 6"
 * (`a`'s value first). Engine and threads count only where both fix them, and threads not for the reference
 * engine, whose bits do not depend on them. */
mixup_status experiment_compare(const experiment *a, const experiment *b, bool *same, text *difference);

#endif
