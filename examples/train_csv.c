/* From a CSV file to a saved model and back: train, save, load, predict with class names.
 *
 *     cc train_csv.c $(pkg-config --cflags --libs mixup) -o train_csv
 *
 * The file is made here, so that the program runs anywhere: flowers with the length and the width of a petal,
 * in centimetres. Take out write_flowers and put in the path of your own file. */
#define _POSIX_C_SOURCE 200809L /* mkstemp; NOLINT(bugprone-reserved-identifier): the name is given */

#include <mixup.h>

#include <stdio.h>
#include <stdlib.h>

enum { FLOWERS = 150, FEATURES = 2 };

/* A number in [-1, 1) that depends on i alone. */
static double wobble(unsigned i) {
    i = (i ^ 61u ^ (i >> 16)) * 9u;
    i = (i ^ (i >> 4)) * 0x27d4eb2du;
    return (double)((i ^ (i >> 15)) % 2000u) / 1000.0 - 1.0;
}

static int write_flowers(const char *path) {
    static const struct {
        const char *name;
        double length, width;
    } kinds[] = {{"setosa", 1.5, 0.25}, {"versicolor", 4.3, 1.3}, {"virginica", 5.6, 2.0}};
    FILE *out = fopen(path, "w");
    if (out == NULL)
        return 0;
    fputs("length,width,species\n", out);
    for (unsigned i = 0; i < FLOWERS; i++)
        fprintf(out, "%.2f,%.2f,%s\n", kinds[i % 3].length + 0.6 * wobble(2 * i),
                kinds[i % 3].width + 0.2 * wobble(2 * i + 1), kinds[i % 3].name);
    return fclose(out) == 0;
}

/* Reads the file, trains on four fifths of it and saves the model. */
static mixup_status train(const char *csv_path, const char *model_path) {
    const mixup_layer layers[] = {
        {.op = MIXUP_DENSE, .units = 16, .activation = MIXUP_RELU},
        {.op = MIXUP_DENSE, .units = 16, .activation = MIXUP_RELU, .mix = true},
        {.op = MIXUP_DENSE, .units = 3, .activation = MIXUP_SOFTMAX, .mix = true},
    };
    mixup_dataset *all = NULL;
    mixup_dataset *part = NULL;
    mixup_dataset *test = NULL;
    mixup_model *model = NULL;
    mixup_metrics metrics;
    mixup_status s = mixup_dataset_from_csv(&all, &(mixup_csv_desc){.path = csv_path, .label = "species"});
    if (s == MIXUP_OK)
        s = mixup_dataset_split(all, &(mixup_split_desc){.fraction = 0.2, .stratified = true}, &part, &test);
    if (s == MIXUP_OK)
        s = mixup_dataset_standardize(test, part); /* learned on the training part, which comes last */
    if (s == MIXUP_OK)
        s = mixup_dataset_standardize(part, part);
    if (s == MIXUP_OK)
        s = mixup_model_create(&model, &(mixup_model_desc){.input = {FEATURES},
                                                           .layers = layers,
                                                           .layer_count = MIXUP_COUNT(layers),
                                                           .threads = 1});
    if (s == MIXUP_OK)
        s = mixup_fit(model, &(mixup_fit_desc){.train = part,
                                               .epochs = 40,
                                               .batch_size = 16,
                                               .mix = {.alpha = 0.5f},
                                               .optimizer = {.learning_rate = 0.01f}});
    if (s == MIXUP_OK)
        s = mixup_evaluate(model, test, NULL, &metrics);
    if (s == MIXUP_OK)
        printf("accuracy on %zu flowers not seen before: %.3f\n", metrics.count, metrics.accuracy);
    if (s == MIXUP_OK)
        s = mixup_model_save(model, model_path);
    mixup_model_destroy(model);
    mixup_dataset_destroy(all);
    mixup_dataset_destroy(part);
    mixup_dataset_destroy(test);
    return s;
}

/* The model knows how to read a CSV like its own and what its classes are called. */
static mixup_status predict(const char *csv_path, const char *model_path) {
    enum { SHOWN = 3 };
    const size_t rows[SHOWN] = {0, 1, 2};
    float inputs[SHOWN][FEATURES];
    float probabilities[SHOWN][3];
    size_t classes = 0;
    mixup_model *model = NULL;
    mixup_dataset *set = NULL;
    mixup_status s = mixup_model_load(&model, model_path, &(mixup_load_desc){.threads = 1});
    if (s == MIXUP_OK)
        s = mixup_dataset_from_csv(&set, &(mixup_csv_desc){.path = csv_path,
                                                           .like = mixup_model_preprocess(model)});
    if (s == MIXUP_OK)
        s = mixup_dataset_read(set, rows, SHOWN, inputs[0], NULL);
    if (s == MIXUP_OK)
        s = mixup_predict(model, SHOWN, inputs[0], probabilities[0]);
    for (size_t i = 0; s == MIXUP_OK && i < SHOWN; i++) {
        const char *const *names = mixup_model_class_names(model, &classes);
        printf("row %zu:", rows[i] + 1);
        for (size_t c = 0; c < classes; c++)
            printf(" %s %.3f", names[c], (double)probabilities[i][c]);
        printf("\n");
    }
    mixup_dataset_destroy(set);
    mixup_model_destroy(model);
    return s;
}

int main(void) {
    char csv_path[] = "/tmp/mixup-flowers-XXXXXX";
    char model_path[sizeof csv_path + sizeof ".safetensors"];
    const int file = mkstemp(csv_path);
    if (file < 0 || !write_flowers(csv_path)) {
        perror("train_csv: cannot write the example's file");
        return 1;
    }
    snprintf(model_path, sizeof model_path, "%s.safetensors", csv_path);
    mixup_status s = train(csv_path, model_path);
    if (s == MIXUP_OK)
        s = predict(csv_path, model_path);
    if (s != MIXUP_OK)
        fprintf(stderr, "train_csv: %s\n", mixup_last_error());
    remove(model_path);
    remove(csv_path);
    return s == MIXUP_OK ? 0 : 1;
}
