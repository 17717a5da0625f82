/* Ops, activations, losses, optimisers and mixing against PyTorch's numbers, both in double. */
#include "support/torch_check.h"

/* Double precision has 1e-16; the rest is different orders of summation over five steps. */
static const double TOLERANCE = 1e-12;

static void the_reference_engine_agrees_with_pytorch_in_double(void **state) {
    (void)state;
    torch_check_all(MIXUP_ENGINE_REFERENCE, TOLERANCE);
}

static void the_reference_engine_differentiates_predictions_as_pytorch_does_in_double(void **state) {
    (void)state;
    torch_check_input_gradients(MIXUP_ENGINE_REFERENCE, TOLERANCE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_engine_agrees_with_pytorch_in_double),
        cmocka_unit_test(the_reference_engine_differentiates_predictions_as_pytorch_does_in_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
