/* Predictions: states by name, any number of samples, several threads at once. The reference engine, so that
 * the thread sanitizer can watch, except where a test goes through all engines. */
#include "train/training.h"

#include <pthread.h>

enum { FEATURES = 6, CLASSES = 4, MOST = 1100 };

static const mixup_layer layers[] = {
    {.op = MIXUP_RESHAPE, .shape = {2, 3}, .name = "reshaped"},
    {.op = MIXUP_FLATTEN, .name = "flat"},
    {.op = MIXUP_DENSE, .units = 9, .activation = MIXUP_TANH, .name = "hidden"},
    {.op = MIXUP_DROPOUT, .rate = 0.5f, .name = "dropout"},
    {.op = MIXUP_BATCH_NORM, .name = "norm"},
    {.op = MIXUP_GAUSSIAN_NOISE, .stddev = 3.0f, .name = "noise"},
    {.op = MIXUP_ACTIVATION, .activation = MIXUP_LINEAR, .name = "same"},
    {.op = MIXUP_DENSE, .units = CLASSES, .activation = MIXUP_SOFTMAX, .name = "last"},
};

static mixup_model *new_model(mixup_engine kind) {
    return training_model(kind, FEATURES, layers, MIXUP_COUNT(layers), 1);
}

static float *samples(size_t count) {
    float *inputs = network_values(count * FEATURES);
    network_uniform(1, 0, -2.0, 2.0, count * FEATURES, inputs);
    return inputs;
}

static float *states_of(mixup_model *model, const char *layer, size_t count, const float *inputs,
                        size_t width) {
    float *states = network_values(count * width);
    network_ok(mixup_states(model, layer, count, inputs, states));
    return states;
}

static void states_come_by_name(void **state) {
    (void)state;
    enum { COUNT = 5 };
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = new_model(network_engines[e]);
        float *inputs = samples(COUNT);
        float weight[9 * FEATURES];
        network_ok(mixup_parameter_read(model, "hidden.weight", weight, (size_t)9 * FEATURES));
        /* aliases and the input itself */
        static const char *const same[] = {"input", "reshaped", "flat"};
        for (size_t i = 0; i < MIXUP_COUNT(same); i++) {
            float *states = states_of(model, same[i], COUNT, inputs, FEATURES);
            assert_memory_equal(states, inputs, (size_t)COUNT * FEATURES * sizeof(float));
            free(states);
        }
        /* a layer's output is behind its activation */
        float *hidden = states_of(model, "hidden", COUNT, inputs, 9);
        for (size_t i = 0; i < (size_t)COUNT * 9; i++) {
            double sum = 0.0;
            for (size_t k = 0; k < FEATURES; k++)
                sum += (double)weight[i % 9 * FEATURES + k] * (double)inputs[i / 9 * FEATURES + k];
            expect_near(hidden[i], tanh(sum), 1e-6);
        }
        /* dropout and noise do nothing here */
        float *dropout = states_of(model, "dropout", COUNT, inputs, 9);
        float *norm = states_of(model, "norm", COUNT, inputs, 9);
        float *noise = states_of(model, "noise", COUNT, inputs, 9);
        float *linear = states_of(model, "same", COUNT, inputs, 9);
        assert_memory_equal(dropout, hidden, (size_t)COUNT * 9 * sizeof(float));
        assert_memory_equal(noise, norm, (size_t)COUNT * 9 * sizeof(float));
        assert_memory_equal(linear, norm, (size_t)COUNT * 9 * sizeof(float));
        free(hidden);
        free(dropout);
        free(norm);
        free(noise);
        free(linear);
        /* the last layer's are the predictions */
        float *last = states_of(model, "last", COUNT, inputs, CLASSES);
        float predictions[COUNT * CLASSES];
        network_ok(mixup_predict(model, COUNT, inputs, predictions));
        assert_memory_equal(last, predictions, sizeof predictions);
        free(last);
        free(inputs);
        mixup_model_destroy(model);
    }
}

static void any_number_of_samples_is_predicted_alike(void **state) {
    (void)state;
    static const size_t counts[] = {1, 2, 3, 7, 16, 100, 1023, 1024, 1025, MOST};
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = new_model(network_engines[e]);
        float *inputs = samples(MOST);
        float *alone = network_values((size_t)MOST * CLASSES);
        float *outputs = network_values((size_t)MOST * CLASSES);
        for (size_t i = 0; i < MOST; i++)
            network_ok(mixup_predict(model, 1, inputs + i * FEATURES, alone + i * CLASSES));
        for (size_t c = 0; c < MIXUP_COUNT(counts); c++) {
            network_ok(mixup_predict(model, counts[c], inputs, outputs));
            for (size_t i = 0; i < counts[c] * CLASSES; i++) /* kernels for other sizes add in other orders */
                expect_near(outputs[i], alone[i], 1e-6);
        }
        network_ok(mixup_predict(model, 0, NULL, NULL));
        free(inputs);
        free(alone);
        free(outputs);
        mixup_model_destroy(model);
    }
}

static void probabilities_sum_to_one(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = new_model(network_engines[e]);
        float *inputs = samples(200);
        float outputs[200 * CLASSES];
        for (size_t i = 0; i < (size_t)50 * FEATURES; i++)
            inputs[i] *= 1e4f; /* certain ones as well */
        network_ok(mixup_predict(model, 200, inputs, outputs));
        for (size_t i = 0; i < 200; i++) {
            double sum = 0.0;
            for (size_t c = 0; c < CLASSES; c++) {
                assert_true(outputs[i * CLASSES + c] >= 0.0f && outputs[i * CLASSES + c] <= 1.000001f);
                sum += (double)outputs[i * CLASSES + c];
            }
            expect_near(sum, 1.0, 1e-6);
        }
        free(inputs);
        mixup_model_destroy(model);
    }
}

static void predictions_follow_the_parameters(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++) {
        mixup_model *model = new_model(network_engines[e]);
        mixup_predictor *predictor = NULL;
        float *inputs = samples(3);
        float outputs[3 * CLASSES];
        const float bias[CLASSES] = {0, 0, 50, 0};
        network_ok(mixup_predictor_create(&predictor, model));
        network_ok(mixup_predictor_run(predictor, 3, inputs, outputs));
        assert_true(outputs[2] < 0.9f);
        network_ok(mixup_parameter_write(model, "last.bias", bias, CLASSES));
        network_ok(mixup_predictor_run(predictor, 3, inputs, outputs));
        assert_true(outputs[2] > 0.99f);
        mixup_predictor_destroy(predictor);
        free(inputs);
        mixup_model_destroy(model);
    }
}

/* ---- threads */

typedef struct worker {
    pthread_t thread;
    mixup_model *model;
    const float *inputs, *expected;
    mixup_status status;
    bool same;
} worker;

enum { ROUNDS = 20, SAMPLES = 40 };

static void *work(void *argument) {
    worker *w = argument;
    mixup_predictor *predictor = NULL;
    float outputs[SAMPLES * CLASSES];
    w->same = true;
    w->status = mixup_predictor_create(&predictor, w->model);
    for (size_t round = 0; round < ROUNDS && w->status == MIXUP_OK; round++) {
        const size_t count = SAMPLES - round % 3; /* so that plans are built while others run */
        w->status = mixup_predictor_run(predictor, count, w->inputs, outputs);
        w->same = w->same && memcmp(outputs, w->expected, count * CLASSES * sizeof(float)) == 0;
    }
    mixup_predictor_destroy(predictor);
    return NULL;
}

static void predictors_in_several_threads_give_the_same_bits(void **state) {
    (void)state;
    enum { THREADS = 4 };
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    float *inputs = samples(SAMPLES);
    float expected[SAMPLES * CLASSES];
    worker workers[THREADS];
    network_ok(mixup_predict(model, SAMPLES, inputs, expected));
    for (size_t t = 0; t < THREADS; t++) {
        workers[t] = (worker){.model = model, .inputs = inputs, .expected = expected};
        assert_int_equal(pthread_create(&workers[t].thread, NULL, work, &workers[t]), 0);
    }
    for (size_t t = 0; t < THREADS; t++) {
        assert_int_equal(pthread_join(workers[t].thread, NULL), 0);
        network_ok(workers[t].status);
        assert_true(workers[t].same);
    }
    free(inputs);
    mixup_model_destroy(model);
}

static void what_is_not_there_is_refused(void **state) {
    (void)state;
    mixup_model *model = new_model(MIXUP_ENGINE_REFERENCE);
    mixup_predictor *predictor = NULL;
    float values[CLASSES];
    training_refused(mixup_states(model, "nothing", 1, values, values), MIXUP_ERROR_NOT_FOUND, "'nothing'");
    training_refused(mixup_states(model, NULL, 1, values, values), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_states(NULL, "last", 1, values, values), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_predict(model, 1, NULL, values), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_predict(NULL, 1, values, values), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_predictor_create(&predictor, NULL), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_predictor_run(NULL, 1, values, values), MIXUP_ERROR_ARGUMENT, "NULL");
    training_refused(mixup_parameter_read(model, "last.bias", values, 3), MIXUP_ERROR_SHAPE, "'last.bias'");
    training_refused(mixup_parameter_read(model, "lost.bias", values, 3), MIXUP_ERROR_NOT_FOUND,
                     "'lost.bias'");
    training_refused(mixup_parameter_freeze(model, "lost", true), MIXUP_ERROR_NOT_FOUND, "'lost'");
    mixup_predictor_destroy(NULL);
    mixup_model_destroy(model);
}

static void missing_arguments_are_refused_or_give_nothing(void **state) {
    (void)state;
    static const mixup_layer one[] = {{.op = MIXUP_DENSE, .units = 1}};
    mixup_model *model = training_model(MIXUP_ENGINE_REFERENCE, 1, one, 1, 1);
    mixup_layer_info layer;
    mixup_parameter_info parameter;
    mixup_predictor *predictor = NULL;
    mixup_dataset_info set;
    float value = 0.0f;
    size_t sizes[MIXUP_MAX_RANK] = {7, 7, 7, 7}, count = 7;
    const mixup_status refused[] = {
        mixup_layer_at(NULL, 0, &layer),
        mixup_layer_at(model, 0, NULL),
        mixup_parameter_at(NULL, 0, &parameter),
        mixup_parameter_at(model, 0, NULL),
        mixup_parameter_read(NULL, "dense1.bias", &value, 1),
        mixup_parameter_read(model, NULL, &value, 1),
        mixup_parameter_read(model, "dense1.bias", NULL, 1),
        mixup_parameter_write(NULL, "dense1.bias", &value, 1),
        mixup_parameter_write(model, NULL, &value, 1),
        mixup_parameter_write(model, "dense1.bias", NULL, 1),
        mixup_parameter_freeze(NULL, "dense1", true),
        mixup_parameter_freeze(model, NULL, true),
        mixup_predictor_create(NULL, model),
        mixup_predictor_create(&predictor, NULL),
        mixup_predictor_run(NULL, 1, &value, &value),
        mixup_predict(NULL, 1, &value, &value),
        mixup_states(model, NULL, 1, &value, &value),
        mixup_model_load_parameters(model, NULL, NULL),
    };
    for (size_t i = 0; i < MIXUP_COUNT(refused); i++)
        assert_int_equal(refused[i], MIXUP_ERROR_ARGUMENT);
    assert_int_equal(mixup_layer_count(NULL), 0);
    assert_int_equal(mixup_parameter_count(NULL), 0);
    assert_null(mixup_model_engine(NULL));
    assert_null(mixup_model_preprocess(NULL));
    assert_null(mixup_dataset_preprocess(NULL));
    assert_null(mixup_model_class_names(NULL, &count));
    assert_int_equal(count, 0);
    assert_null(mixup_model_class_names(model, NULL));
    mixup_model_input_shape(model, NULL);
    mixup_model_output_shape(NULL, NULL);
    mixup_model_input_shape(NULL, sizes);
    assert_int_equal(sizes[0] + sizes[3], 0);
    mixup_dataset_describe(NULL, &set);
    assert_int_equal(set.count, 0);
    mixup_model_destroy(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_come_by_name),
        cmocka_unit_test(any_number_of_samples_is_predicted_alike),
        cmocka_unit_test(probabilities_sum_to_one),
        cmocka_unit_test(predictions_follow_the_parameters),
        cmocka_unit_test(predictors_in_several_threads_give_the_same_bits),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(missing_arguments_are_refused_or_give_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
