/* CutMix in an experiment file: refused at the line of a site that is no image; runs that differ in the way
 * they mix differ. */
#include "experiment/experiment_text.h"

#define IMAGES                                                                                               \
    "data: {train: {format: npy, inputs: images.npy, labels: labels.npy}}\n"                                 \
    "network:\n"                                                                                             \
    "  - {op: conv2d, filters: 2, kernel: 3, name: conv}\n"                                                  \
    "  - {op: flatten}\n"                                                                                    \
    "  - {op: dense, units: 4, name: dense}\n"

/* Two images of 1 x 4 x 4 and their labels, as NPY files in the folder. */
static void write_images(temporary_folder *folder) {
    static const char images[] =
        "\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 4, 4), }";
    static const char labels[] =
        "\x93NUMPY\x01\x00\x76\x00{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
    char file[128 + 32];
    memset(file, ' ', 128);
    memset(file + 128, 1, 32);
    memcpy(file, images, sizeof images - 1);
    file[127] = '\n';
    write_bytes(temporary_file(folder, "images.npy"), file, 128 + 32);
    memset(file, ' ', 128);
    memcpy(file, labels, sizeof labels - 1);
    file[127] = '\n';
    file[128] = 0;
    write_bytes(temporary_file(folder, "labels.npy"), file, 128 + 2);
}

/* Whether the model of `yaml` is made; the message holds `words` where not (NULL: it is). */
static void expect_model(const char *yaml, const char *words) {
    temporary_folder folder;
    experiment_file *file = NULL;
    experiment *of = NULL;
    experiment_data data = {0};
    mixup_model *model = NULL;
    temporary_folder_make(&folder);
    write_images(&folder);
    mixup_status status = open_text(&folder, yaml, NULL, 0, &file);
    if (status == MIXUP_OK)
        status = experiment_resolve(&of, file, NULL, NULL);
    if (status == MIXUP_OK)
        status = experiment_load_data(of, &data);
    if (status != MIXUP_OK)
        fail_msg("%s", mixup_last_error());
    status = experiment_create_model(of, &data, (mixup_log){0}, &model);
    if (status == MIXUP_OK && words != NULL)
        fail_msg("accepted:\n%s", yaml);
    if (status != MIXUP_OK && (words == NULL || strstr(mixup_last_error(), words) == NULL))
        fail_msg("'%s' where '%s' was expected", mixup_last_error(), words != NULL ? words : "a model");
    mixup_model_destroy(model);
    experiment_data_clear(&data);
    experiment_destroy(of);
    experiment_close(file);
    temporary_folder_remove(&folder);
}

#define LAST      "  - {op: dense, units: 2, activation: softmax, name: last}\n"
#define LAST_MARK "  - {op: dense, units: 2, activation: softmax, name: last, mix: true}\n"

static void cutmix_is_refused_at_the_line_of_a_flat_site(void **state) {
    (void)state;
    expect_model(IMAGES LAST "mix: {kind: cutmix, alpha: 1, at: [input, conv, dense]}\n", NULL);
    expect_model(IMAGES LAST "mix: {alpha: 1, at: [input, last]}\n", NULL);
    expect_model(IMAGES LAST "mix: {kind: cutmix, alpha: 1, at: [input, last]}\n",
                 "my.yaml:7:43: mix.at: cannot cut at 'last': its state is 4, and CutMix needs an image");
    expect_model(IMAGES LAST_MARK "mix: {kind: cutmix, alpha: 1}\n",
                 "my.yaml:7:6: mix.kind: cannot cut at 'last': its state is 4");
    expect_model(IMAGES LAST_MARK "mix: {kind: cutmix, alpha: 1, at: input}\n", NULL);
}

static void expect_difference(const char *mix, const char *other, const char *words) {
    temporary_folder folder;
    experiment_file *files[2];
    experiment *made[2];
    const char *const keys[2] = {mix, other};
    const mixup_allocator allocator = plain_allocator();
    text difference;
    bool same = false;
    temporary_folder_make(&folder);
    for (size_t i = 0; i < 2; i++) {
        char yaml[1000];
        snprintf(yaml, sizeof yaml, "%s%s", IMAGES LAST, keys[i]);
        if (open_text(&folder, yaml, NULL, 0, &files[i]) != MIXUP_OK)
            fail_msg("%s", mixup_last_error());
        assert_int_equal(experiment_resolve(&made[i], files[i], NULL, NULL), MIXUP_OK);
    }
    text_init(&difference, &allocator);
    assert_int_equal(experiment_compare(made[0], made[1], &same, &difference), MIXUP_OK);
    assert_int_equal(same, words == NULL);
    if (words != NULL)
        assert_string_equal(difference.data, words);
    text_clear(&difference);
    for (size_t i = 0; i < 2; i++) {
        experiment_destroy(made[i]);
        experiment_close(files[i]);
    }
    temporary_folder_remove(&folder);
}

static void another_way_to_mix_is_another_training(void **state) {
    (void)state;
    static const char plain[] = "mix: {alpha: 1, at: [input]}\n";
    expect_difference(plain, "mix: {alpha: 1, at: [input], kind: interpolate, every_steps: 1}\n", NULL);
    expect_difference("mix: {alpha: 1, at: [input], kind: cutmix}\n", plain,
                      "mix.kind: cutmix, not interpolate");
    expect_difference("mix: {alpha: 1, at: [input], every_steps: 2}\n", plain, "mix.every_steps: 2, not 1");
    expect_difference("mix: {alpha: 1, at: [input], alpha_epochs: [1, 9], alpha_factors: [0, 1]}\n",
                      "mix: {alpha: 1, at: [input], alpha_epochs: [1, 9], alpha_factors: [0, 2]}\n",
                      "mix.alpha_factors: [0, 1], not [0, 2]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutmix_is_refused_at_the_line_of_a_flat_site),
        cmocka_unit_test(another_way_to_mix_is_another_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
