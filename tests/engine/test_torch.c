/* Ops, activations, losses, optimisers and mixing against PyTorch's numbers, on every engine. */
#include "support/torch_check.h"

/* Single precision has 6e-8; sums of up to twenty terms over three layers, five steps of it, and Adam's and
 * RMSprop's division by small roots leave two digits less. PyTorch's numbers are in double. */
static const double TOLERANCE = 1e-5;

static void every_engine_agrees_with_pytorch(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        torch_check_all(network_engines[e], TOLERANCE);
}

static void every_engine_differentiates_predictions_as_pytorch_does(void **state) {
    (void)state;
    for (size_t e = 0; e < MIXUP_COUNT(network_engines); e++)
        torch_check_input_gradients(network_engines[e], TOLERANCE);
}

static void every_op_activation_loss_and_optimizer_has_a_case(void **state) {
    (void)state;
    torch_expect_complete();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_engine_agrees_with_pytorch),
        cmocka_unit_test(every_engine_differentiates_predictions_as_pytorch_does),
        cmocka_unit_test(every_op_activation_loss_and_optimizer_has_a_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
