/* fuzz_table: any bytes as a CSV file of samples; the first byte chooses how it is read. A data set must be
 * readable to its last sample, and the file be read again like itself, to the same inputs. */
#include "memory_file.h"
#include "mixup.h"

#include <string.h>

enum { MOST_VALUES = 1 << 20 };

/* All inputs of the set, in a new block. */
static float *read_all(const mixup_dataset *set, const mixup_dataset_info *info) {
    const size_t features = info->shape[0];
    size_t *indices = calloc(info->count, sizeof *indices);
    float *inputs = calloc(info->count * features, sizeof *inputs);
    float *targets = calloc(info->count * (info->target_count + 1), sizeof *targets);
    if (indices == NULL || inputs == NULL || targets == NULL)
        abort();
    for (size_t i = 0; i < info->count; i++)
        indices[i] = i;
    if (mixup_dataset_read(set, indices, info->count, inputs, targets) != MIXUP_OK)
        abort();
    free(indices);
    free(targets);
    return inputs;
}

static void check_again(const char *path, const mixup_csv_desc *desc, const mixup_dataset *set) {
    mixup_dataset_info info;
    mixup_dataset_describe(set, &info);
    if (info.count * (info.shape[0] + info.target_count) > MOST_VALUES)
        return;
    mixup_dataset *again = NULL;
    const mixup_csv_desc like = {.path = path,
                                 .separator = desc->separator,
                                 .no_header = desc->no_header,
                                 .like = mixup_dataset_preprocess(set)};
    if (mixup_dataset_from_csv(&again, &like) != MIXUP_OK) {
        fprintf(stderr, "%s\n", mixup_last_error());
        abort();
    }
    float *first = read_all(set, &info);
    float *second = read_all(again, &info);
    if (memcmp(first, second, info.count * info.shape[0] * sizeof *first) != 0)
        abort();
    free(first);
    free(second);
    mixup_dataset_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const targets[] = {"a", "2"};
    static const char *const ignored[] = {"b"};
    const unsigned how = size > 0 ? data[0] : 0;
    memory_file file;
    memory_file_open(&file, data + (size > 0), size - (size > 0));
    const mixup_csv_desc desc = {.path = file.path,
                                 .separator = (how & 1) != 0 ? ';' : ',',
                                 .no_header = (how & 2) != 0,
                                 .label = (how & 4) == 0   ? NULL
                                          : (how & 2) != 0 ? "1"
                                                           : "label",
                                 .targets = targets,
                                 .target_count = (how & 4) != 0 || (how & 8) == 0 ? 0 : 1 + (how >> 7),
                                 .ignore = ignored,
                                 .ignore_count = (how >> 4) & 1,
                                 .missing = (mixup_missing)((how >> 5) & 3)};
    mixup_dataset *set = NULL;
    if (mixup_dataset_from_csv(&set, &desc) == MIXUP_OK) {
        check_again(file.path, &desc, set);
        mixup_dataset_destroy(set);
    }
    memory_file_close(&file);
    return 0;
}
