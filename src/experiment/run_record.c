/* experiment/run: run.yaml. Training from it again gives the same network; its last key, made_by, says what
 * wrote it and which samples it had. */
#include "experiment/run_parts.h"

#include "base/file.h"

#include <stdlib.h>
#include <string.h>

static const char heading[] =
    "# Written by `mixup train`. Training from it again gives the same network, bit for bit, on the\n"
    "# same kind of machine.\n";

enum { MAXIMUM_SIZE = 1 << 24 };

/* mixup_model_engine() says "dnnl 2.6.3 avx512_core, 2 threads". */
static void parse_engine(const char *said, const settings *given, mixup_engine *engine, size_t *threads) {
    const char *comma = strrchr(said, ',');
    *engine = given->engine;
    *threads = given->threads;
    if (strncmp(said, "dnnl", 4) == 0)
        *engine = MIXUP_ENGINE_DNNL;
    else if (strncmp(said, "reference", 9) == 0)
        *engine = MIXUP_ENGINE_REFERENCE;
    const unsigned long count = comma != NULL ? strtoul(comma + 1, NULL, 10) : 0;
    if (count > 0)
        *threads = count;
}

/* What --set changed in the file that `source` names. */
static void add_overrides(const experiment *of, text *out) {
    size_t count = 0;
    const char *const *overrides = experiment_overrides(of, &count);
    for (size_t i = 0; i < count; i++) {
        text_add(out, i == 0 ? "  set: [" : ", ");
        yaml_write_text(out, overrides[i]);
    }
    text_add(out, count > 0 ? "]\n" : "");
}

static void add_made_by(const char *said, size_t threads, const experiment *of, text *out) {
    const size_t length = strcspn(said, ",");
    const char *last = said + length;
    while (last > said && last[-1] != ' ')
        last--;
    text_format(out, "made_by:\n  mixup: \"%s\"\n  engine: \"%.*s\"\n", mixup_version(), (int)length, said);
    if (last > said)
        text_format(out, "  instruction_set: \"%.*s\"\n", (int)(said + length - last), last);
    text_format(out, "  threads: %zu\n  source: ", threads);
    yaml_write_text(out, experiment_path(of));
    text_add(out, "\n");
    add_overrides(of, out);
}

static void add_fingerprints(const experiment_data *data, size_t threads, text *out) {
    text_add(out, "  fingerprints:\n");
    for (size_t i = 0; i < RUN_PARTS; i++)
        if (run_part(data, i) != NULL)
            text_format(out, "    %s: \"%s\"\n", run_part_name(i),
                        run_fingerprint_of(run_part(data, i), threads).text);
}

mixup_status run_record_write(const char *path, const experiment *of, const mixup_model *model,
                              const experiment_data *data, const mixup_allocator *allocator) {
    mixup_engine engine = MIXUP_ENGINE_AUTO;
    size_t threads = 0;
    const char *said = mixup_model_engine(model);
    parse_engine(said, experiment_settings(of), &engine, &threads);
    text yaml;
    text_init(&yaml, allocator);
    text_add(&yaml, heading);
    mixup_status status = experiment_to_yaml(of, engine, threads, &yaml);
    add_made_by(said, threads, of, &yaml);
    add_fingerprints(data, experiment_settings(of)->threads, &yaml);
    if (status == MIXUP_OK)
        status = text_status(&yaml);
    if (status == MIXUP_OK)
        status = file_write_all(path, yaml.data, yaml.length, allocator);
    text_clear(&yaml);
    return status;
}

/* Replaces all that stands before made_by. */
static mixup_status replace_settings(const char *path, const text *yaml, const mixup_allocator *allocator) {
    char *content = NULL;
    size_t size = 0;
    text record;
    MIXUP_TRY(file_read_all(path, MAXIMUM_SIZE, allocator, &content, &size));
    const char *made_by = strstr(content, "\nmade_by:\n");
    text_init(&record, allocator);
    text_add(&record, heading);
    text_append(&record, yaml->data, yaml->length);
    text_add(&record, made_by != NULL ? made_by + 1 : "");
    mixup_status status = text_status(&record);
    if (status == MIXUP_OK)
        status = file_write_all(path, record.data, record.length, allocator);
    text_clear(&record);
    memory_release(allocator, content);
    return status;
}

mixup_status run_record_refresh(const char *path, const experiment *old, const experiment *now,
                                const mixup_allocator *allocator) {
    const settings *known = experiment_settings(old);
    text before;
    text after;
    text_init(&before, allocator);
    text_init(&after, allocator);
    mixup_status status = experiment_to_yaml(old, known->engine, known->threads, &before);
    if (status == MIXUP_OK)
        status = experiment_to_yaml(now, known->engine, known->threads, &after);
    if (status == MIXUP_OK && strcmp(before.data, after.data) != 0)
        status = replace_settings(path, &after, allocator);
    text_clear(&after);
    text_clear(&before);
    return status;
}
