// Loads a saved model and predicts, in C++17.
//
//     c++ -std=c++17 predict.cpp $(pkg-config --cflags --libs mixup) -o predict
//     ./predict model.safetensors 5.1 1.8        # as many numbers as the network has inputs
//
// The model knows how its training data were prepared, so the numbers are those that a file would hold, and so are
// the answers. Forgetting mixup_preprocess_inputs gives no error, only nonsense.
//
// Without arguments it first saves a small model of its own, so that there is something to load.
#include <mixup.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

// Statuses become exceptions, and the model is destroyed with its owner.
void check(mixup_status status) {
    if (status != MIXUP_OK)
        throw std::runtime_error(mixup_last_error());
}

using model_pointer = std::unique_ptr<mixup_model, decltype(&mixup_model_destroy)>;

model_pointer load(const std::string &path) {
    mixup_load_desc desc{};
    desc.threads = 1; // more do not pay for single samples
    mixup_model *model = nullptr;
    check(mixup_model_load(&model, path.c_str(), &desc));
    return {model, mixup_model_destroy};
}

std::size_t count(const std::size_t (&shape)[MIXUP_MAX_RANK]) {
    std::size_t values = 1;
    for (const std::size_t size : shape)
        values *= size != 0 ? size : 1;
    return values;
}

std::vector<float> predict(mixup_model *model, std::vector<float> inputs) {
    std::size_t input[MIXUP_MAX_RANK], output[MIXUP_MAX_RANK];
    mixup_model_input_shape(model, input);
    mixup_model_output_shape(model, output);
    if (inputs.size() != count(input))
        throw std::runtime_error("the network has " + std::to_string(count(input)) + " inputs, not " +
                                 std::to_string(inputs.size()));
    std::vector<float> outputs(count(output));
    const mixup_preprocess *preprocess = mixup_model_preprocess(model);
    check(mixup_preprocess_inputs(preprocess, 1, inputs.data()));
    check(mixup_predict(model, 1, inputs.data(), outputs.data()));
    mixup_preprocess_restore_targets(preprocess, 1, outputs.data());
    return outputs;
}

// C++17 has no designated initialisers: fill the zeroed structs field by field.
void save_small_model(const std::string &path) {
    mixup_layer layer{};
    layer.op = MIXUP_DENSE;
    layer.units = 3;
    layer.activation = MIXUP_SOFTMAX;
    mixup_model_desc desc{};
    desc.input[0] = 2;
    desc.layers = &layer;
    desc.layer_count = 1;
    desc.threads = 1;
    mixup_model *model = nullptr;
    check(mixup_model_create(&model, &desc));
    const model_pointer owner(model, mixup_model_destroy);
    check(mixup_model_save(model, path.c_str()));
}

void show(mixup_model *model, const std::vector<float> &outputs) {
    std::size_t named = 0;
    const char *const *names = mixup_model_class_names(model, &named);
    for (std::size_t c = 0; c < outputs.size(); c++) {
        const std::string name = c < named ? names[c] : "output " + std::to_string(c);
        std::printf("%s: %.4f\n", name.c_str(), static_cast<double>(outputs[c]));
    }
}

} // namespace

int main(int argc, char **argv) {
    try {
        std::string path = "/tmp/mixup-predict-XXXXXX";
        std::vector<float> inputs = {0.5f, -1.0f};
        if (argc > 1) {
            path = argv[1];
            inputs.clear();
            for (int i = 2; i < argc; i++)
                inputs.push_back(std::strtof(argv[i], nullptr));
        } else {
            if (mkstemp(path.data()) < 0)
                throw std::runtime_error("cannot make a file under /tmp");
            save_small_model(path);
        }
        const model_pointer model = load(path);
        if (argc <= 1)
            std::remove(path.c_str());
        show(model.get(), predict(model.get(), std::move(inputs)));
        return 0;
    } catch (const std::exception &problem) {
        std::fprintf(stderr, "predict: %s\n", problem.what());
        return 1;
    }
}
