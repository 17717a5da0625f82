/* experiment/schema_check: what involves several keys, and defaults that depend on a choice. */
#ifndef EXPERIMENT_SCHEMA_CHECK_H
#define EXPERIMENT_SCHEMA_CHECK_H

#include "experiment/schema.h"

/* Completes settings that schema_fill filled from `root`. */
mixup_status schema_check(const yaml_node *root, settings *in);

/* An empty value, as in "variants:" with nothing behind it. */
bool schema_is_empty(const yaml_node *node);

#endif
