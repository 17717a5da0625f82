/* report/trained: a finished run opened again: its settings, its data as training saw them, its model. */
#ifndef REPORT_TRAINED_H
#define REPORT_TRAINED_H

#include "experiment/experiment.h"
#include "experiment/yaml.h"
#include "report/request.h"

typedef struct trained {
    experiment_file *file;
    experiment *experiment;
    experiment_data data; /* .validation and .test may be NULL */
    mixup_model *model;
} trained;

/* Opens the run in `folder`. */
mixup_status trained_open(trained *out, const char *folder, const mixup_allocator *allocator);
void trained_close(trained *out);

/* "training", "validation", "test" */
const char *trained_part_name(settings_figure_data part);

/* A part of its data; an absent one is MIXUP_ERROR_NOT_FOUND. */
mixup_status trained_part(const trained *in, settings_figure_data part, const mixup_dataset **set);

/* The run's run.yaml as a tree in the arena, and the figures that it asks for. */
mixup_status trained_document(arena *in, const char *folder, const yaml_node **root);
mixup_status trained_requests(arena *in, const char *folder, request **items, size_t *count);

#endif
