/* summary: `mixup summary` prints finished runs as Markdown tables. */
#include "report/summary.h"

#include "base/file.h"
#include "command.h"

#include <stdio.h>

static int run_summary(const arguments *given) {
    const char *path = arguments_text(given, "out", NULL);
    text page;
    text_init(&page, command_allocator());
    mixup_status status = summary_write(arguments_positional(given, 0), command_allocator(), &page);
    if (status == MIXUP_OK && path != NULL)
        status = file_write_all(path, page.data, page.length, command_allocator());
    if (status == MIXUP_OK && path == NULL)
        fwrite(page.data, 1, page.length, stdout);
    text_clear(&page);
    if (status != MIXUP_OK)
        return command_failed(given);
    if (path != NULL)
        command_note(given, "wrote %s", path);
    return command_finish_output(given);
}

static const option options[] = {
    {.name = "out",
     .kind = OPTION_TEXT,
     .value = "FILE.md",
     .help = "write the tables there instead of on standard output"},
    {0},
};

const command command_summary = {
    .name = "summary",
    .summary = "finished runs as Markdown tables, mean ± deviation over seeds",
    .synopsis = "RESULTS",
    .least = 1,
    .most = 1,
    .options = options,
    .details =
        "RESULTS holds EXPERIMENT/VARIANT/seed-N/ as `mixup train` makes them, or is one EXPERIMENT.\n"
        "A row a variant: what it trains with, its seeds, test error, negative log-likelihood (nats),\n"
        "expected calibration error; mean ± sample deviation. The best value of a column is bold.\n",
    .run = run_summary,
};
