/* tests/experiment/experiment_text: opens an experiment that stands in a string. */
#ifndef TESTS_EXPERIMENT_TEXT_H
#define TESTS_EXPERIMENT_TEXT_H

#include "support/temporary_folder.h"

#include "experiment/experiment.h"

static inline mixup_allocator plain_allocator(void) {
    return memory_allocator(NULL);
}

/* A file that is right, with the least it needs. */
#define SMALL_DATA "data: {train: {format: spirals}}\n"
#define SMALL_NETWORK                                                                                        \
    "network:\n  - {op: dense, units: 8, activation: relu}\n  - {op: dense, units: 2, activation: "          \
    "softmax}\n"
#define SMALL SMALL_DATA SMALL_NETWORK

/* Opens `yaml` as "FOLDER/my.yaml". */
static inline mixup_status open_text(temporary_folder *folder, const char *yaml, const char *const *overrides,
                                     size_t count, experiment_file **file) {
    const mixup_allocator allocator = plain_allocator();
    const char *path = temporary_file(folder, "my.yaml");
    write_bytes(path, yaml, strlen(yaml));
    return experiment_open(file, path, overrides, count, &allocator);
}

/* Opens `yaml` and expects a refusal whose message contains each of the `count` texts. */
static inline void expect_refusal(const char *yaml, const char *const *overrides, size_t override_count,
                                  const char *const *texts, size_t count) {
    temporary_folder folder;
    temporary_folder_make(&folder);
    experiment_file *file = NULL;
    const mixup_status status = open_text(&folder, yaml, overrides, override_count, &file);
    if (status == MIXUP_OK)
        fail_msg("accepted:\n%s", yaml);
    assert_null(file);
    for (size_t i = 0; i < count; i++)
        if (strstr(mixup_last_error(), texts[i]) == NULL)
            fail_msg("'%s' is not in the message '%s' for\n%s", texts[i], mixup_last_error(), yaml);
    assert_int_equal(temporary_folder_count(&folder), 1);
    temporary_folder_remove(&folder);
}

#define EXPECT_REFUSAL(yaml, ...)                                                                            \
    do {                                                                                                     \
        static const char *const texts_[] = {__VA_ARGS__};                                                   \
        expect_refusal((yaml), NULL, 0, texts_, MIXUP_COUNT(texts_));                                        \
    } while (0)

#endif
