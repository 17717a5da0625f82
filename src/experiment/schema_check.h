/* experiment/schema_check: what involves several keys, and defaults that depend on a choice. */
#ifndef EXPERIMENT_SCHEMA_CHECK_H
#define EXPERIMENT_SCHEMA_CHECK_H

#include "experiment/schema.h"

/* Completes settings that schema_fill filled from `root`. */
mixup_status schema_check(const yaml_node *root, settings *in);

/* Its part that finds what would have no effect. */
mixup_status schema_check_idle(const yaml_node *root, const settings *in);

/* The node at a path of the file that was given (not null); the nearest one above it without. */
const yaml_node *schema_place(const yaml_node *root, const char *path);
bool schema_given(const yaml_node *root, const char *path);

/* An empty value, as in "variants:" with nothing behind it. */
bool schema_is_empty(const yaml_node *node);

#endif
