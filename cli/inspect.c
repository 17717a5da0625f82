/* inspect: data sets are opened as training would open them; what that says goes into the inspection. */
#include "inspect.h"

#include "command.h"

#include "base/path.h"
#include "experiment/yaml.h"
#include "format/idx.h"
#include "format/npy.h"

#include <string.h>

void inspection_begin(inspection *out, const char *folder) {
    *out = (inspection){.folder = folder};
    text_init(&out->source, command_allocator());
    text_init(&out->remarks, command_allocator());
    text_init(&out->left_out, command_allocator());
    text_init(&out->test, command_allocator());
    text_init(&out->validation, command_allocator());
}

void inspection_clear(inspection *out) {
    text_clear(&out->source);
    text_clear(&out->remarks);
    text_clear(&out->left_out);
    text_clear(&out->test);
    text_clear(&out->validation);
}

void inspection_add_line(inspection *out, const char *key, const char *value, const char *comment) {
    text_format(&out->source, "    %s: ", key);
    const size_t before = out->source.length;
    yaml_write_text(&out->source, value);
    if (comment != NULL)
        text_format(&out->source, "%*s# %s",
                    out->source.length - before < 20 ? 20 - (int)(out->source.length - before) : 2, "",
                    comment);
    text_add(&out->source, "\n");
}

mixup_status inspection_add_path(inspection *out, const char *key, const char *path, const char *comment) {
    char *named = path_between(command_allocator(), out->folder, path);
    if (named == NULL)
        return MIXUP_ERROR_MEMORY;
    inspection_add_line(out, key, named, comment);
    memory_release(command_allocator(), named);
    return MIXUP_OK;
}

mixup_status inspection_write_path(const inspection *in, const char *path, text *to) {
    char *named = path_between(command_allocator(), in->folder, path);
    if (named == NULL)
        return MIXUP_ERROR_MEMORY;
    yaml_write_text(to, named);
    memory_release(command_allocator(), named);
    return MIXUP_OK;
}

void inspection_keep_on_line(text *out, size_t from) {
    for (size_t i = from; i < out->length; i++)
        if ((unsigned char)out->data[i] < 0x20)
            out->data[i] = ' ';
}

/* Within a comment. */
static void remark_name(text *out, const char *name) {
    const char *quote = strchr(name, ',') != NULL ? "\"" : "";
    const size_t from = out->length;
    text_format(out, "%s%.40s%s", quote, name, quote);
    inspection_keep_on_line(out, from);
}

void inspection_remark_classes(inspection *out, const char *const *names, const char *what) {
    text_format(&out->remarks, "# %zu %s, %zu input%s, ", out->count, what, out->inputs,
                out->inputs == 1 ? "" : "s");
    if (out->classes == 0)
        text_format(&out->remarks, "%zu target%s.", out->outputs, out->outputs == 1 ? "" : "s");
    else
        text_format(&out->remarks, "%zu classes", out->classes);
    for (size_t i = 0; i < out->classes && names != NULL && i < 10; i++) {
        text_add(&out->remarks, i == 0 ? ": " : ", ");
        remark_name(&out->remarks, names[i]);
    }
    text_add(&out->remarks, out->classes > 10 ? ", ...\n" : "\n");
}

mixup_status inspection_describe(inspection *out, mixup_dataset *set) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    out->count = info.count;
    out->inputs = 1;
    for (out->rank = 0; out->rank < MIXUP_MAX_RANK && info.shape[out->rank] > 0; out->rank++)
        out->inputs *= info.shape[out->rank];
    out->classes = info.class_count;
    out->outputs = info.target_count;
    inspection_remark_classes(out, info.class_names, "samples");
    mixup_dataset_destroy(set);
    MIXUP_TRY(text_status(&out->source));
    return text_status(&out->remarks);
}

/* ---------------------------------------------------------------- IDX, NPY */

static mixup_status describe_unless(mixup_status failed, inspection *out, mixup_dataset *set) {
    if (failed == MIXUP_OK)
        return inspection_describe(out, set);
    mixup_dataset_destroy(set);
    return failed;
}

static void add_scale(inspection *out, mixup_type type) {
    if (type == MIXUP_UINT8)
        text_add(&out->source, "    scale: 255              # bytes become 0 to 1\n");
    else
        out->standardize = true;
}

mixup_status inspect_idx(const char *images, const char *labels, inspection *out) {
    array values = {0};
    mixup_dataset *set = NULL;
    MIXUP_TRY(idx_read(images, 0, command_allocator(), &values));
    const mixup_type type = values.type;
    array_clear(&values, command_allocator());
    MIXUP_TRY(mixup_dataset_from_idx(
        &set, &(mixup_idx_desc){.images = images, .labels = labels, .allocator = command_allocator()}));
    text_add(&out->source, "    format: idx\n");
    mixup_status status = inspection_add_path(out, "images", images, "relative to this file");
    if (status == MIXUP_OK)
        status = inspection_add_path(out, "labels", labels, NULL);
    add_scale(out, type);
    return describe_unless(status, out, set);
}

/* Rows of zeros with a single 1. */
static bool is_one_hot(const array *in) {
    if (in->shape.rank != 2 || in->shape.sizes[1] < 2)
        return false;
    const size_t columns = in->shape.sizes[1];
    for (size_t row = 0; row < in->shape.sizes[0]; row++) {
        size_t ones = 0;
        for (size_t c = 0; c < columns; c++) {
            const double value = array_element(in->type, in->data, row * columns + c);
            if (value != 0.0 && value != 1.0)
                return false;
            ones += value == 1.0;
        }
        if (ones != 1)
            return false;
    }
    return true;
}

/* Whether the array holds numbers to predict, or else class numbers: integers, [count] or [count][1]. */
static mixup_status look_at_targets(const char *path, const array *in, bool *numbers) {
    if (is_one_hot(in))
        return error(MIXUP_ERROR_DATA,
                     "%s: each row is 0 but for a single 1, which says a class; save the classes' numbers, "
                     "numpy.argmax(array, 1)",
                     path);
    *numbers = in->type == MIXUP_FLOAT16 || in->type == MIXUP_FLOAT32 || in->type == MIXUP_FLOAT64 ||
               shape_count(&in->shape) != in->shape.sizes[0];
    return MIXUP_OK;
}

/* [count][height][width][colours] of bytes. */
static bool colours_last(const array *in) {
    const size_t *sizes = in->shape.sizes;
    return in->type == MIXUP_UINT8 && in->shape.rank == 4 &&
           (sizes[3] == 1 || sizes[3] == 3 || sizes[3] == 4) && sizes[1] > 4 && sizes[2] > 4;
}

mixup_status inspect_npy(const char *inputs, const char *labels, inspection *out) {
    array values = {0};
    array wanted = {0};
    mixup_dataset *set = NULL;
    MIXUP_TRY(npy_read(inputs, 0, command_allocator(), &values));
    const mixup_type type = values.type;
    const bool last = colours_last(&values);
    bool numbers = false;
    array_clear(&values, command_allocator());
    MIXUP_TRY(npy_read(labels, 0, command_allocator(), &wanted));
    const mixup_status looked = look_at_targets(labels, &wanted, &numbers);
    array_clear(&wanted, command_allocator());
    MIXUP_TRY(looked);
    MIXUP_TRY(mixup_dataset_from_npy(&set, &(mixup_npy_desc){.inputs = inputs,
                                                             .labels = numbers ? NULL : labels,
                                                             .targets = numbers ? labels : NULL,
                                                             .allocator = command_allocator()}));
    text_add(&out->source, "    format: npy\n");
    mixup_status status = inspection_add_path(out, "inputs", inputs, "relative to this file");
    if (status == MIXUP_OK)
        status = inspection_add_path(out, numbers ? "targets" : "labels", labels,
                                     numbers ? "numbers to predict" : "class numbers");
    add_scale(out, type);
    if (last)
        text_add(&out->source, "    # numpy.moveaxis(array, -1, 1) makes them [channels][height][width], as "
                               "convolutions want them\n");
    return describe_unless(status, out, set);
}
