/* fuzz_experiment: any bytes as an experiment file. What is accepted, each variant of it,
 * must be accepted again as it is written into a run's folder, and then give the same training. */
#include "experiment/experiment.h"
#include "memory_file.h"

#include <string.h>

/* The experiment that `yaml` holds, which another one was written as. */
static void check_same(const experiment *of, const text *yaml) {
    const mixup_allocator allocator = memory_allocator(NULL);
    memory_file file;
    experiment_file *opened = NULL;
    experiment *again = NULL;
    bool same = false;
    text difference;
    memory_file_open(&file, (const uint8_t *)yaml->data, yaml->length);
    if (experiment_open(&opened, file.path, NULL, 0, &allocator) != MIXUP_OK ||
        experiment_resolve(&again, opened, NULL, NULL) != MIXUP_OK) {
        fprintf(stderr, "%s\n%s\n", mixup_last_error(), yaml->data);
        abort();
    }
    text_init(&difference, &allocator);
    if (experiment_compare(of, again, &same, &difference) != MIXUP_OK || !same) {
        fprintf(stderr, "%s\n%s\n", difference.data, yaml->data);
        abort();
    }
    text_clear(&difference);
    experiment_destroy(again);
    experiment_close(opened);
    memory_file_close(&file);
}

static void check_variant(const experiment_file *file, const char *variant) {
    const mixup_allocator allocator = memory_allocator(NULL);
    experiment *resolved = NULL;
    text yaml;
    if (experiment_resolve(&resolved, file, variant, NULL) != MIXUP_OK)
        abort(); /* experiment_open has done it */
    text_init(&yaml, &allocator);
    const settings *in = experiment_settings(resolved);
    if (experiment_to_yaml(resolved, in->engine, in->threads, &yaml) != MIXUP_OK)
        abort();
    text_add(&yaml, "made_by: {}\n"); /* a record, which may say what has no effect */
    check_same(resolved, &yaml);
    text_clear(&yaml);
    experiment_destroy(resolved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const mixup_allocator allocator = memory_allocator(NULL);
    memory_file in;
    memory_file_open(&in, data, size);
    experiment_file *file = NULL;
    if (experiment_open(&file, in.path, NULL, 0, &allocator) == MIXUP_OK) {
        for (size_t i = 0; i < experiment_variant_count(file); i++)
            check_variant(file, experiment_variant_name(file, i));
        experiment_close(file);
    }
    memory_file_close(&in);
    return 0;
}
