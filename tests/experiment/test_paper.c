/* The paper's experiments: all are read, each has a small version, and their sites are legal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "experiment/experiment.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

static bool is_small(const char *path) {
    return strstr(path, "_small.yaml") != NULL;
}

/* Trains nothing, but checks all that a training checks before its first step. */
static void check_variant(const experiment_file *file, size_t index, const char *path) {
    experiment *variant = NULL;
    mixup_model *model = NULL;
    mixup_trainer *trainer = NULL;
    mixup_fit_desc fit = {0};
    const experiment_data no_data = {0};
    const mixup_dataset_info images = {.shape = {3, 32, 32}, .class_count = 10, .target_count = 10};
    if (experiment_resolve(&variant, file, experiment_variant_name(file, index), NULL) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    if (is_small(path) && experiment_settings(variant)->network.kind != MIXUP_NETWORK_NONE) {
        if (experiment_create_model_for(variant, &images, (mixup_log){0}, &model) != MIXUP_OK)
            fail_msg("%s: %s", path, mixup_last_error());
        experiment_fit_desc(variant, &no_data, &fit);
        if (mixup_trainer_create(&trainer, model, &fit) != MIXUP_OK)
            fail_msg("%s: %s", path, mixup_last_error());
        mixup_trainer_destroy(trainer);
        mixup_model_destroy(model);
    }
    experiment_destroy(variant);
}

static void check_file(const char *path) {
    const mixup_allocator allocator = memory_allocator(NULL);
    experiment_file *file = NULL;
    if (experiment_open(&file, path, NULL, 0, &allocator) != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    assert_true(experiment_variant_count(file) > 0);
    for (size_t v = 0; v < experiment_variant_count(file); v++)
        check_variant(file, v, path);
    experiment_close(file);
}

static void every_file_is_right_and_its_sites_are_legal(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob("experiments/paper/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_file(found.gl_pathv[i]);
    globfree(&found);
}

static void every_recipe_has_a_small_version_that_extends_another_file(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob("experiments/paper/*.yaml", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        char small[300], line[400];
        bool extends = false;
        if (is_small(path))
            continue;
        snprintf(small, sizeof small, "%.*s_small.yaml", (int)(strlen(path) - strlen(".yaml")), path);
        FILE *file = fopen(small, "r");
        if (file == NULL)
            fail_msg("%s is missing", small);
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            extends = extends || strncmp(line, "extends: ", strlen("extends: ")) == 0;
        if (file != NULL)
            fclose(file);
        if (!extends)
            fail_msg("%s extends nothing: what it shares with %s stands twice", small, path);
    }
    globfree(&found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_right_and_its_sites_are_legal),
        cmocka_unit_test(every_recipe_has_a_small_version_that_extends_another_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
