/* source: models and data by what their paths look like. */
#include "source.h"

#include "inspect.h"

#include "base/file.h"
#include "base/path.h"
#include "data/dataset.h"
#include "experiment/experiment.h"
#include "experiment/run.h"
#include "experiment/schema.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* In any case of its letters. */
static bool ends_in(const char *path, const char *suffix) {
    const size_t length = strlen(path);
    const size_t end = strlen(suffix);
    return length > end && strcasecmp(path + length - end, suffix) == 0;
}

/* ---------------------------------------------------------------- models */

mixup_status source_engine(const arguments *given, mixup_engine *engine) {
    const schema_key *key = schema_find(IN_TOP, "engine", NULL);
    const char *name = arguments_text(given, "engine", "auto");
    for (int i = 0; i < key->choices; i++) {
        if (strcmp(name, key->choice(i)) == 0) {
            *engine = (mixup_engine)i;
            return MIXUP_OK;
        }
    }
    return error(MIXUP_ERROR_ARGUMENT, "--engine %s: choose auto, dnnl or reference", name);
}

static mixup_status check_run_folder(const char *folder, const char *model) {
    if (file_exists(model))
        return MIXUP_OK;
    return error(MIXUP_ERROR_NOT_FOUND,
                 "%s: holds no %s; give a finished run's folder (DIR/VARIANT/seed-N) or a file", folder,
                 RUN_MODEL);
}

mixup_status source_model(const arguments *given, const char *path, mixup_model **model) {
    mixup_load_desc desc = {.threads = arguments_count(given, "threads", 0),
                            .allocator = command_allocator(),
                            .log = command_log(given)};
    MIXUP_TRY(source_engine(given, &desc.engine));
    if (ends_in(path, ".yaml") || ends_in(path, ".yml"))
        return error(MIXUP_ERROR_ARGUMENT,
                     "%s: an experiment is no model; give the folder of a run that `mixup train` made of it "
                     "(DIR/VARIANT/seed-N), or its %s",
                     path, RUN_MODEL);
    if (!file_is_folder(path))
        return mixup_model_load(model, path, &desc);
    char *inside = path_join(command_allocator(), path, RUN_MODEL);
    if (inside == NULL)
        return MIXUP_ERROR_MEMORY;
    mixup_status status = check_run_folder(path, inside);
    if (status == MIXUP_OK)
        status = mixup_model_load(model, inside, &desc);
    memory_release(command_allocator(), inside);
    return status;
}

/* ---------------------------------------------------------------- data files */

/* What the command asks of a file. */
typedef struct wish {
    const mixup_preprocess *like; /* of the model; or NULL */
    bool targets;                 /* besides the inputs */
    image_list *images;           /* as of source_inputs; or NULL */
} wish;

static bool is_csv(const char *path) {
    static const char *const suffixes[] = {".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt"};
    for (size_t i = 0; i < MIXUP_COUNT(suffixes); i++)
        if (ends_in(path, suffixes[i]))
            return true;
    return false;
}

static bool is_one_image(const char *path) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png"};
    for (size_t i = 0; i < MIXUP_COUNT(endings); i++)
        if (ends_in(path, endings[i]))
            return !file_is_folder(path);
    return false;
}

static bool is_images(const char *path) {
    static const char *const suffixes[] = {".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst"};
    for (size_t i = 0; i < MIXUP_COUNT(suffixes); i++)
        if (ends_in(path, suffixes[i]))
            return true;
    return is_one_image(path) || file_is_folder(path);
}

static mixup_status open_images(const arguments *given, const char *path, const wish *want,
                                mixup_dataset **data) {
    const bool skip = want->images != NULL && !is_one_image(path);
    const mixup_images_desc desc = {.path = path,
                                    .like = want->like,
                                    .inputs_only = !want->targets,
                                    .threads = arguments_count(given, "threads", 0),
                                    .log = command_log(given),
                                    .allocator = command_allocator(),
                                    .skip_damaged = skip,
                                    .skip_unreadable = skip,
                                    .on_image = want->images != NULL ? image_list_add : NULL,
                                    .user = want->images};
    return mixup_dataset_from_images(data, &desc);
}

static mixup_status open_csv(const char *path, const wish *want, mixup_dataset **data) {
    const mixup_preprocess *like = want->like;
    if (like == NULL || like->source != PREPROCESS_CSV)
        return error(MIXUP_ERROR_DATA,
                     "%s: the model was not trained on a CSV, so its columns have no meaning here; "
                     "give an .npy or IDX file, or a folder of images",
                     path);
    char separator = like->separator;
    if (file_is_larger(path, 0)) /* a pipe can be read only once */
        MIXUP_TRY(inspect_separator(path, &separator));
    const mixup_csv_desc desc = {.path = path,
                                 .separator = separator,
                                 .no_header = like->no_header,
                                 .like = like,
                                 .inputs_only = !want->targets,
                                 .allocator = command_allocator()};
    return mixup_dataset_from_csv(data, &desc);
}

/* What would be read as IDX, though its name says that it is something else. */
static mixup_status check_kind(const char *path) {
    static const char convert[] = "convert it to one of them";
    static const char table[] = "save the table as CSV";
    static const char unpack[] = "unpack it to a folder";
    static const char *const mistaken[][2] = {
        {".webp", convert},
        {".gif", convert},
        {".bmp", convert},
        {".tif", convert},
        {".tiff", convert},
        {".heic", convert},
        {".avif", convert},
        {".xlsx", table},
        {".xls", table},
        {".ods", table},
        {".json", table},
        {".parquet", table},
        {".zip", unpack},
        {".rar", unpack},
        {".7z", unpack},
        {".npz", "save one of its arrays with numpy.save"},
        {".mat", "an experiment names SVHN's files (format: svhn); give it with --experiment"},
        {".yaml", "give an experiment with --experiment"},
        {".yml", "give an experiment with --experiment"},
    };
    for (size_t i = 0; i < MIXUP_COUNT(mistaken); i++)
        if (ends_in(path, mistaken[i][0]))
            return error(
                MIXUP_ERROR_ARGUMENT,
                "%s: DATA is a .csv, .npy or IDX file, or JPEG or PNG images, their folder or .tar; %s", path,
                mistaken[i][1]);
    return MIXUP_OK;
}

static mixup_status open_file(const arguments *given, const char *path, const wish *want,
                              mixup_dataset **data) {
    const mixup_preprocess *like = want->like;
    if (is_csv(path))
        return open_csv(path, want, data);
    if (is_images(path))
        return open_images(given, path, want, data);
    MIXUP_TRY(check_kind(path));
    if (like != NULL && like->source == PREPROCESS_CSV && !ends_in(path, ".npy"))
        return open_csv(path, want, data); /* iris.data, /dev/stdin */
    const char *labels = arguments_text(given, "labels", NULL);
    const char *targets = arguments_text(given, "targets", NULL);
    const size_t classes = labels != NULL && like != NULL ? like->class_names.count : 0;
    mixup_dataset *opened = NULL;
    if (ends_in(path, ".npy")) {
        const mixup_npy_desc desc = {.inputs = path,
                                     .labels = labels,
                                     .targets = targets,
                                     .class_count = classes,
                                     .allocator = command_allocator(),
                                     .threads = arguments_count(given, "threads", 0)};
        MIXUP_TRY(mixup_dataset_from_npy(&opened, &desc));
    } else {
        const mixup_idx_desc desc = {.images = path,
                                     .labels = labels,
                                     .class_count = classes,
                                     .allocator = command_allocator(),
                                     .threads = arguments_count(given, "threads", 0)};
        MIXUP_TRY(mixup_dataset_from_idx(&opened, &desc));
    }
    const mixup_status status = like != NULL ? dataset_apply(opened, like) : MIXUP_OK;
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(opened);
        return error_context(status, "%s", path);
    }
    *data = opened;
    return MIXUP_OK;
}

/* ---------------------------------------------------------------- parts of an experiment */

/* Takes one part out of `from`, which is cleared. */
static mixup_status take_part(const char *path, const char *name, experiment_data *from,
                              mixup_dataset **data) {
    mixup_dataset **parts[] = {&from->train, &from->validation, &from->test};
    static const char *const names[] = {"train", "validation", "test"};
    mixup_status status = error(MIXUP_ERROR_ARGUMENT, "--part %s: choose train, validation or test", name);
    for (size_t i = 0; i < MIXUP_COUNT(parts); i++) {
        if (strcmp(name, names[i]) != 0)
            continue;
        *data = *parts[i];
        *parts[i] = NULL;
        status = *data != NULL
                     ? MIXUP_OK
                     : error(MIXUP_ERROR_NOT_FOUND, "%s: has no data.%s; choose another --part", path, name);
    }
    experiment_data_clear(from);
    return status;
}

static mixup_status open_experiment(const arguments *given, const char *path, experiment_data *parts) {
    experiment_file *file = NULL;
    experiment *opened = NULL;
    char threads[40];
    const char *const sets[] = {threads};
    const bool given_threads = arguments_given(given, "threads");
    snprintf(threads, sizeof threads, "threads=%zu", arguments_count(given, "threads", 0));
    mixup_status status =
        experiment_open(&file, path, sets, given_threads ? MIXUP_COUNT(sets) : 0, command_allocator());
    if (status == MIXUP_OK)
        status = experiment_resolve(&opened, file, NULL, NULL);
    if (status == MIXUP_OK)
        status = experiment_load_data(opened, parts);
    experiment_destroy(opened);
    experiment_close(file);
    return status;
}

static mixup_status open_part(const arguments *given, const char *path, mixup_dataset **data) {
    experiment_data parts = {0};
    MIXUP_TRY(open_experiment(given, path, &parts));
    return take_part(path, arguments_text(given, "part", "test"), &parts, data);
}

/* ---------------------------------------------------------------- data */

static mixup_status check_shape(const mixup_dataset *data, const mixup_model *model) {
    mixup_dataset_info info;
    mixup_dataset_describe(data, &info);
    size_t expected[MIXUP_MAX_RANK];
    mixup_model_input_shape(model, expected);
    shape have;
    shape want;
    MIXUP_TRY(shape_from_sizes(info.shape, MIXUP_MAX_RANK, "data", &have));
    MIXUP_TRY(shape_from_sizes(expected, MIXUP_MAX_RANK, "network", &want));
    if (shape_equal(&have, &want))
        return MIXUP_OK;
    return error(MIXUP_ERROR_SHAPE, "the samples have shape %s, but the network was made for %s",
                 shape_to_text(&have).text, shape_to_text(&want).text);
}

static bool holds(const char *folder, const char *name) {
    char *path = path_join(command_allocator(), folder, name);
    const bool found = path != NULL && file_exists(path);
    memory_release(command_allocator(), path);
    return found;
}

bool source_is_run(const char *path) {
    return holds(path, RUN_EXPERIMENT);
}

bool source_is_given(const arguments *given, const char *path) {
    const bool named = arguments_given(given, "experiment");
    const char *model = arguments_positional(given, 0);
    /* Where there is no model, that is what source_model will say. */
    const bool there = file_is_folder(model) ? holds(model, RUN_MODEL) : file_exists(model);
    if (path != NULL && named)
        command_misused(given, "give only one of DATA or --experiment FILE.yaml");
    else if (path == NULL && !named && there && !source_is_run(model))
        command_misused(given,
                        "give DATA or --experiment FILE.yaml; only a run's folder brings its own data");
    else
        return true;
    return false;
}

/* A part of the run's own data. */
static mixup_status open_own(const arguments *given, mixup_dataset **data) {
    char *record = path_join(command_allocator(), arguments_positional(given, 0), RUN_EXPERIMENT);
    const mixup_status status = record != NULL ? open_part(given, record, data) : MIXUP_ERROR_MEMORY;
    memory_release(command_allocator(), record);
    return status;
}

static mixup_status open_data(const arguments *given, const char *path, mixup_model *model, wish want,
                              mixup_dataset **data) {
    want.like = mixup_model_preprocess(model);
    const char *experiment_path = arguments_text(given, "experiment", NULL);
    mixup_dataset *opened = NULL;
    mixup_status status = MIXUP_OK;
    if (path != NULL)
        status = open_file(given, path, &want, &opened);
    else if (experiment_path != NULL)
        status = open_part(given, experiment_path, &opened);
    else
        status = open_own(given, &opened);
    if (status == MIXUP_OK)
        status = check_shape(opened, model);
    if (status != MIXUP_OK) {
        mixup_dataset_destroy(opened);
        return status;
    }
    *data = opened;
    return MIXUP_OK;
}

mixup_status source_data(const arguments *given, const char *path, mixup_model *model, mixup_dataset **data) {
    return open_data(given, path, model, (wish){.targets = true}, data);
}

mixup_status source_inputs(const arguments *given, const char *path, mixup_model *model, image_list *images,
                           mixup_dataset **data) {
    return open_data(given, path, model, (wish){.images = images}, data);
}

mixup_status source_parts(const arguments *given, const mixup_model *model, experiment_data *parts) {
    experiment_data opened = {0};
    MIXUP_TRY(open_experiment(given, arguments_text(given, "experiment", NULL), &opened));
    const mixup_dataset *const each[] = {opened.train, opened.validation, opened.test};
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < MIXUP_COUNT(each) && status == MIXUP_OK; i++)
        if (each[i] != NULL)
            status = check_shape(each[i], model);
    if (status == MIXUP_OK)
        *parts = opened;
    else
        experiment_data_clear(&opened);
    return status;
}

mixup_status source_read(const mixup_dataset *data, size_t first, size_t count, float **inputs,
                         float **targets) {
    const mixup_allocator *allocator = command_allocator();
    mixup_dataset_info info;
    mixup_dataset_describe(data, &info);
    size_t width = 1;
    for (size_t i = 0; i < MIXUP_MAX_RANK && info.shape[i] > 0; i++)
        width *= info.shape[i]; /* the data set has checked the product */
    size_t *indices = memory_allocate(allocator, count, sizeof *indices);
    float *rows = memory_allocate(allocator, count, width * sizeof *rows);
    float *wanted = NULL;
    if (targets != NULL)
        wanted = memory_allocate(allocator, count, info.target_count * sizeof *wanted);
    mixup_status status = MIXUP_ERROR_MEMORY;
    if (indices != NULL && rows != NULL && (targets == NULL || wanted != NULL)) {
        for (size_t i = 0; i < count; i++)
            indices[i] = first + i;
        status = mixup_dataset_read(data, indices, count, rows, wanted);
    }
    memory_release(allocator, indices);
    if (status != MIXUP_OK) {
        memory_release(allocator, rows);
        memory_release(allocator, wanted);
        return status;
    }
    *inputs = rows;
    if (targets != NULL)
        *targets = wanted;
    return MIXUP_OK;
}
