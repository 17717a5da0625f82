/* report: `mixup report` writes the page and the pictures of finished runs. */
#include "report/report.h"

#include "command.h"

static int run_report(const arguments *given) {
    const char *folder = arguments_positional(given, 0);
    const char *path = arguments_text(given, "out", NULL);
    size_t experiments = 0;
    const mixup_status status = report_write(&(report_desc){.results = folder,
                                                            .path = path,
                                                            .tables = arguments_text(given, "tables", NULL),
                                                            .log = command_log(given),
                                                            .allocator = command_allocator()},
                                             &experiments);
    if (status != MIXUP_OK)
        return command_failed(given);
    if (path != NULL)
        command_note(given, "wrote %s (%zu experiment%s)", path, experiments, experiments == 1 ? "" : "s");
    else
        command_note(given, "wrote %s/report.html (%zu experiment%s)", folder, experiments,
                     experiments == 1 ? "" : "s");
    return EXIT_DONE;
}

static const option options[] = {
    {.name = "out",
     .kind = OPTION_TEXT,
     .value = "FILE",
     .help = "the page to write, its folder too (default RESULTS/report.html)"},
    {.name = "tables",
     .kind = OPTION_TEXT,
     .value = "FILE.md",
     .help = "also write the numbers as Markdown: `mixup summary` and a table a figure"},
    {0},
};

const command command_report = {
    .name = "report",
    .summary = "pictures and one HTML page of finished runs",
    .synopsis = "RESULTS",
    .least = 1,
    .most = 1,
    .options = options,
    .details =
        "RESULTS holds EXPERIMENT/VARIANT/seed-N/ as `mixup train` makes them, or is one EXPERIMENT.\n"
        "The page is one file that works offline. Pictures go to EXPERIMENT/figures/, each as SVG and\n"
        "PNG beside the gnuplot script and the data that made it. An experiment's key `report` chooses\n"
        "the figures beyond curves, metrics, confusion and calibration.\n",
    .run = run_report,
};
