/* source: the MODEL and DATA that a command is given.
 *
 * MODEL is a file written by mixup_model_save, or a run's folder (then its model.safetensors). DATA is a .csv
 * or .csv.gz, or a file of any name for a model that was trained on one (read like the model's training data:
 * columns, filled-in values, standardisation and classes come from the model), an .npy, an IDX file, a folder
 * or archive of images, with --experiment a part of an experiment's data, or, where MODEL is a run's folder
 * and nothing is given, a part of the run's own. Options read: engine, threads, experiment, part, labels,
 * targets (those that the command has). */
#ifndef CLI_SOURCE_H
#define CLI_SOURCE_H

#include "command.h"
#include "experiment/experiment.h"
#include "image_list.h"

/* Loads MODEL. The caller destroys it. */
mixup_status source_model(const arguments *given, const char *path, mixup_model **model);

/* Whether MODEL is a run's folder, which brings its own data. */
bool source_is_run(const char *path);

/* Whether DATA is given, once: as `path`, by --experiment or by the run's folder. If not, the message is
 * printed. */
bool source_is_given(const arguments *given, const char *path);

/* Opens DATA (`path`; NULL where --experiment or the run's folder stands for it) for `model`, and checks that
 * its samples have the model's input shape. The caller destroys it. */
mixup_status source_data(const arguments *given, const char *path, mixup_model *model, mixup_dataset **data);

/* The same for who asks no more of the samples than their inputs: a file's labels may be missing or unknown.
 * With `images` (which stays empty where DATA are no images), those of a folder or an archive that cannot be
 * read are left out and told, instead of an error; the caller clears it, whatever the status. */
mixup_status source_inputs(const arguments *given, const char *path, mixup_model *model, image_list *images,
                           mixup_dataset **data);

/* All parts of the data of --experiment, each checked as by source_data. The caller clears them. */
mixup_status source_parts(const arguments *given, const mixup_model *model, experiment_data *parts);

/* The engine named by --engine, AUTO without one. */
mixup_status source_engine(const arguments *given, mixup_engine *engine);

/* The `count` samples of `data` from number `first` on, as the network sees them, into a new block
 * [count][..input shape]; `targets` [count][target_count] likewise, or NULL. The caller releases both. */
mixup_status source_read(const mixup_dataset *data, size_t first, size_t count, float **inputs,
                         float **targets);

#endif
