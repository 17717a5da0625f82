/* claims: `mixup claims` checks on finished runs what the demonstrations claim. */
#include "report/claims.h"

#include "command.h"

#include <stdio.h>

static int run_claims(const arguments *given) {
    claims_outcome outcome = {0};
    const char *path = arguments_text(given, "out", NULL);
    const mixup_status status = claims_check(&(claims_desc){.results = arguments_positional(given, 0),
                                                            .path = path,
                                                            .log = command_log(given),
                                                            .allocator = command_allocator()},
                                             &outcome);
    if (status != MIXUP_OK)
        return command_failed(given);
    printf("%zu of %zu claims hold\n", outcome.held, claims_count(&outcome));
    if (outcome.unchecked > 0)
        printf("%zu not checked: not all of none, input and manifold have three seeds\n", outcome.unchecked);
    if (path != NULL)
        command_note(given, "wrote %s", path);
    const int finished = command_finish_output(given);
    return finished == EXIT_DONE && outcome.failed + outcome.unchecked > 0 ? EXIT_FAILED : finished;
}

static const option options[] = {
    {.name = "out",
     .kind = OPTION_TEXT,
     .value = "FILE.md",
     .help = "also write the numbers, a Markdown page (default: none)"},
    {0},
};

const command command_claims = {
    .name = "claims",
    .summary = "check what the demonstrations claim, on medians over seeds",
    .synopsis = "RESULTS",
    .least = 1,
    .most = 1,
    .options = options,
    .details =
        "For every experiment with a key `report` and finished variants none and manifold:\n"
        "  singular_values  manifold's sum to less than none's and input's for 9 of 10 classes\n"
        "  scatter          manifold's classes are tighter than none's\n"
        "  surface          manifold's share of the map with 0.1 < p < 0.9 is larger than none's\n"
        "It takes three seeds of each variant. Exit status 1 when a claim fails or cannot be checked.\n",
    .run = run_claims,
};
