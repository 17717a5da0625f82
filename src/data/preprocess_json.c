/* data/preprocess_json: a preprocess as one JSON object, and back. Uses jansson, which keeps memory of its
 * own and writes and reads numbers the same under every locale.
 *
 * Reading is strict, since the text comes from a file that anybody may have edited: every key must be there
 * (those of targets with their mean or not at all, that of truths where there are some), no other may, and
 * what is inside must be as preprocess.h promises. */
#include "data/preprocess.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

/* The keys that are there only where targets are standardised, or columns hold true and false, so that files
 * from before that can be read. */
static const char target_mean[] = "target_mean";
static const char target_deviation[] = "target_deviation";
static const char truths[] = "truths";

static const char *const missing_names[] = {
    [MIXUP_MISSING_REFUSE] = "refuse",
    [MIXUP_MISSING_MEAN] = "mean",
    [MIXUP_MISSING_MEDIAN] = "median",
    [MIXUP_MISSING_ZERO] = "zero",
};

/* ---- writing: jansson passes a failed (NULL) value on as a failure of the container ---- */

static json_t *write_names(const preprocess_names *names) {
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        if (json_array_append_new(list, json_string(names->items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *write_values(const double *values, size_t count) {
    if (values == NULL)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        if (json_array_append_new(list, json_real(values[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *write_shape(const shape *input) {
    json_t *list = json_array();
    for (size_t i = 0; i < input->rank; i++)
        if (json_array_append_new(list, json_integer((json_int_t)input->sizes[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* The keys in the order of the file. */
static bool write_object(const mixup_preprocess *in, json_t *object) {
    const char separator[2] = {in->separator, '\0'};
    const struct {
        const char *key;
        json_t *value;
    } members[] = {
        {"version", json_integer(FORMAT_VERSION)},
        {"source", json_string(preprocess_source_name(in->source))},
        {"shape", write_shape(&in->shape)},
        {"scale", json_real(in->scale)},
        {"missing", json_string(missing_names[in->missing])},
        {"filled", write_values(in->filled, in->features)},
        {"mean", write_values(in->mean, in->statistics)},
        {"deviation", write_values(in->deviation, in->statistics)},
        {"classes", write_names(&in->class_names)},
        {"features", write_names(&in->feature_names)},
        {"targets", write_names(&in->target_names)},
        {"ignored", write_names(&in->ignored)},
        {"label", in->label != NULL ? json_string(in->label) : json_null()},
        {"separator", json_string(separator)},
        {"no_header", json_boolean(in->no_header)},
    };
    bool complete = true;
    for (size_t i = 0; i < MIXUP_COUNT(members); i++)
        complete = json_object_set_new(object, members[i].key, members[i].value) == 0 && complete;
    if (in->truths.count > 0)
        complete = json_object_set_new(object, truths, write_names(&in->truths)) == 0 && complete;
    if (in->target_statistics == 0)
        return complete;
    return json_object_set_new(object, target_mean, write_values(in->target_mean, in->target_statistics)) ==
               0 &&
           json_object_set_new(object, target_deviation,
                               write_values(in->target_deviation, in->target_statistics)) == 0 &&
           complete;
}

static int append_piece(const char *data, size_t size, void *user) {
    text_append(user, data, size);
    return text_status(user) == MIXUP_OK ? 0 : -1;
}

mixup_status preprocess_to_json(const mixup_preprocess *preprocess, text *out) {
    json_t *object = json_object();
    const bool written =
        object != NULL && write_object(preprocess, object) &&
        json_dump_callback(object, append_piece, out, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0;
    json_decref(object);
    MIXUP_TRY(text_status(out));
    if (!written)
        return error(MIXUP_ERROR_MEMORY, "out of memory: cannot write the preprocessing as JSON");
    return MIXUP_OK;
}

/* ---- reading ---- */

static mixup_status misfit(const char *key, const char *expected) {
    return error(MIXUP_ERROR_FORMAT, "preprocessing: '%s' must be %s", key, expected);
}

static mixup_status read_names(mixup_preprocess *out, const json_t *object, const char *key, size_t limit,
                               preprocess_names *list) {
    const json_t *value = json_object_get(object, key);
    const size_t count = json_array_size(value);
    if (!json_is_array(value) || count > limit)
        return misfit(key, "a list of names, of the right length");
    const char **names = NULL;
    MIXUP_TRY(MEMORY_NEW(&out->allocator, names, count));
    mixup_status status = MIXUP_OK;
    for (size_t i = 0; i < count && status == MIXUP_OK; i++) {
        names[i] = json_string_value(json_array_get(value, i));
        if (names[i] == NULL || names[i][0] == '\0')
            status = misfit(key, "a list of names that are not empty");
    }
    if (status == MIXUP_OK)
        status = preprocess_set_names(out, list, names, count, key);
    memory_release(&out->allocator, names);
    return status;
}

/* null, or [count] finite numbers, all above `above`. */
static mixup_status read_values(const mixup_preprocess *out, const json_t *object, const char *key,
                                size_t count, double above, double **values) {
    const json_t *value = json_object_get(object, key);
    if (json_is_null(value))
        return MIXUP_OK;
    if (!json_is_array(value) || json_array_size(value) != count)
        return misfit(key, "null or a list of one number for each feature (or channel of an image)");
    double *read = NULL;
    MIXUP_TRY(MEMORY_NEW(&out->allocator, read, count));
    for (size_t i = 0; i < count; i++) {
        const json_t *number = json_array_get(value, i);
        read[i] = json_number_value(number);
        if (!json_is_number(number) || !isfinite(read[i]) || !(read[i] > above)) {
            memory_release(&out->allocator, read);
            return misfit(key, "made of finite numbers (deviations above 0)");
        }
    }
    *values = read;
    return MIXUP_OK;
}

static mixup_status read_shape(mixup_preprocess *out, const json_t *object) {
    const json_t *value = json_object_get(object, "shape");
    size_t sizes[MIXUP_MAX_RANK] = {0};
    if (!json_is_array(value) || json_array_size(value) < 1 || json_array_size(value) > MIXUP_MAX_RANK)
        return misfit("shape", "a list of 1 to 4 sizes");
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *size = json_array_get(value, i);
        if (!json_is_integer(size) || json_integer_value(size) < 1)
            return misfit("shape", "made of whole numbers from 1");
        sizes[i] = (size_t)json_integer_value(size);
    }
    shape input;
    MIXUP_TRY(shape_from_sizes(sizes, MIXUP_MAX_RANK, "preprocessing: 'shape'", &input));
    return preprocess_set_shape(out, &input);
}

/* Which of `names` the string under `key` is. */
static mixup_status read_choice(const json_t *object, const char *key, const char *const *names, size_t count,
                                size_t *choice) {
    const char *value = json_string_value(json_object_get(object, key));
    for (size_t i = 0; value != NULL && i < count; i++)
        if (strcmp(value, names[i]) == 0) {
            *choice = i;
            return MIXUP_OK;
        }
    return misfit(key, "one of the known words");
}

static mixup_status read_head(mixup_preprocess *out, const json_t *object) {
    const json_t *version = json_object_get(object, "version");
    if (!json_is_integer(version) || json_integer_value(version) != FORMAT_VERSION)
        return misfit("version", "1; the file was written by another version of the library");
    const char *sources[PREPROCESS_SOURCE_COUNT];
    for (size_t i = 0; i < PREPROCESS_SOURCE_COUNT; i++)
        sources[i] = preprocess_source_name((preprocess_source)i);
    size_t choice = 0;
    MIXUP_TRY(read_choice(object, "source", sources, PREPROCESS_SOURCE_COUNT, &choice));
    out->source = (preprocess_source)choice;
    MIXUP_TRY(read_choice(object, "missing", missing_names, MIXUP_COUNT(missing_names), &choice));
    out->missing = (mixup_missing)choice;
    const json_t *scale = json_object_get(object, "scale");
    if (!json_is_number(scale) || !isfinite(json_number_value(scale)) || !(json_number_value(scale) > 0.0))
        return misfit("scale", "a positive number");
    out->scale = json_number_value(scale);
    return read_shape(out, object);
}

static mixup_status read_statistics(mixup_preprocess *out, const json_t *object) {
    image_shape image;
    const json_t *mean = json_object_get(object, "mean");
    const bool by_channel = preprocess_image(out, &image) && json_array_size(mean) == image.channels;
    const size_t count = by_channel ? image.channels : out->features;
    MIXUP_TRY(read_values(out, object, "filled", out->features, -INFINITY, &out->filled));
    MIXUP_TRY(read_values(out, object, "mean", count, -INFINITY, &out->mean));
    MIXUP_TRY(read_values(out, object, "deviation", count, 0.0, &out->deviation));
    out->statistics = out->mean != NULL ? count : 0;
    if ((out->mean == NULL) != (out->deviation == NULL))
        return misfit("mean", "given together with 'deviation'");
    if (out->missing != MIXUP_MISSING_REFUSE && out->filled == NULL)
        return misfit("filled", "given where 'missing' is not \"refuse\"");
    return MIXUP_OK;
}

static mixup_status read_targets(mixup_preprocess *out, const json_t *object) {
    const json_t *mean = json_object_get(object, target_mean);
    const size_t count = json_array_size(mean);
    if (mean == NULL)
        return MIXUP_OK;
    if (count == 0)
        return misfit(target_mean, "a list of one number for each column of targets");
    MIXUP_TRY(read_values(out, object, target_mean, count, -INFINITY, &out->target_mean));
    MIXUP_TRY(read_values(out, object, target_deviation, count, 0.0, &out->target_deviation));
    if (out->target_deviation == NULL)
        return misfit(target_deviation, "given together with 'target_mean'");
    out->target_statistics = count;
    return MIXUP_OK;
}

/* How many of `truths` from number `at` on follow one another among `names`. */
static size_t count_truths(const preprocess_names *from, size_t at, const preprocess_names *names) {
    const size_t start = at;
    for (size_t i = 0; i < names->count && at < from->count; i++)
        at += strcmp(from->items[at], names->items[i]) == 0;
    return at - start;
}

static mixup_status read_truths(mixup_preprocess *out, const json_t *object) {
    if (json_object_get(object, truths) == NULL)
        return MIXUP_OK;
    MIXUP_TRY(read_names(out, object, truths, SIZE_MAX, &out->truths));
    size_t known = count_truths(&out->truths, 0, &out->feature_names);
    known += count_truths(&out->truths, known, &out->target_names);
    if (known == 0 || known < out->truths.count)
        return misfit(truths, "a list of some of the features, then targets, in their order");
    return MIXUP_OK;
}

static mixup_status read_columns(mixup_preprocess *out, const json_t *object) {
    MIXUP_TRY(read_names(out, object, "classes", PREPROCESS_MAX_CLASSES, &out->class_names));
    MIXUP_TRY(read_names(out, object, "features", out->features, &out->feature_names));
    MIXUP_TRY(read_names(out, object, "targets", SIZE_MAX, &out->target_names));
    MIXUP_TRY(read_names(out, object, "ignored", SIZE_MAX, &out->ignored));
    const bool csv = out->source == PREPROCESS_CSV;
    if (out->feature_names.count != (csv ? out->features : 0))
        return misfit("features", "a name for each feature of a CSV file, and empty for others");
    const json_t *label = json_object_get(object, "label");
    if (!json_is_null(label) && (!json_is_string(label) || json_string_length(label) == 0))
        return misfit("label", "null or the name of a column");
    if (json_is_string(label)) {
        out->label = memory_copy_text(&out->allocator, json_string_value(label));
        if (out->label == NULL)
            return MIXUP_ERROR_MEMORY;
    }
    if (csv && (out->label != NULL) != (out->class_names.count > 0))
        return misfit("label", "given together with 'classes'");
    const json_t *separator = json_object_get(object, "separator");
    if (json_string_length(separator) != 1)
        return misfit("separator", "one character");
    out->separator = json_string_value(separator)[0];
    const json_t *no_header = json_object_get(object, "no_header");
    if (!json_is_boolean(no_header))
        return misfit("no_header", "true or false");
    out->no_header = json_is_true(no_header);
    return MIXUP_OK;
}

static mixup_status read_object(mixup_preprocess *out, json_t *object) {
    static const char *const known[] = {"version", "source",  "shape",     "scale",     "missing",
                                        "filled",  "mean",    "deviation", "classes",   "features",
                                        "targets", "ignored", "label",     "separator", "no_header"};
    if (!json_is_object(object))
        return error(MIXUP_ERROR_FORMAT, "preprocessing: must be a JSON object");
    for (size_t i = 0; i < MIXUP_COUNT(known); i++)
        if (json_object_get(object, known[i]) == NULL)
            return misfit(known[i], "given; it is missing");
    const bool statistics =
        json_object_get(object, target_mean) != NULL && json_object_get(object, target_deviation) != NULL;
    const size_t optional = (statistics ? 2u : 0u) + (json_object_get(object, truths) != NULL ? 1u : 0u);
    if (json_object_size(object) != MIXUP_COUNT(known) + optional)
        return error(MIXUP_ERROR_FORMAT, "preprocessing: holds an unknown key");
    MIXUP_TRY(read_head(out, object));
    MIXUP_TRY(read_statistics(out, object));
    MIXUP_TRY(read_targets(out, object));
    MIXUP_TRY(read_columns(out, object));
    return read_truths(out, object);
}

mixup_status preprocess_from_json(const char *json, const mixup_allocator *allocator,
                                  mixup_preprocess **out) {
    json_error_t problem;
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &problem);
    if (object == NULL)
        return error(MIXUP_ERROR_FORMAT, "preprocessing: not JSON: %s (byte %d)", problem.text,
                     problem.position);
    mixup_preprocess *read = NULL;
    mixup_status status = preprocess_create(allocator, PREPROCESS_ARRAYS, &read);
    if (status == MIXUP_OK)
        status = read_object(read, object);
    json_decref(object);
    if (status != MIXUP_OK) {
        preprocess_destroy(read);
        return status;
    }
    *out = read;
    return MIXUP_OK;
}
