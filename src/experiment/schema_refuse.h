/* experiment/schema_refuse: what is said of a key or value that schema_fill.c refuses: its place, what it is,
 * and what would be right. */
#ifndef EXPERIMENT_SCHEMA_REFUSE_H
#define EXPERIMENT_SCHEMA_REFUSE_H

#include "experiment/schema.h"

/* Where we are; the names of the sections above, outermost last. */
typedef struct trail {
    const struct trail *above;
    const char *name; /* "" for the file itself */
    size_t index;     /* of a list item, from 0; SIZE_MAX: not in a list */
} trail;

/* The value does not fit the key: a wrong type or out of range; of a choice perhaps a misspelled one. */
mixup_status refuse_value(const trail *at, const schema_key *key, const yaml_node *node);
mixup_status refuse_choice(const trail *at, const schema_key *key, const yaml_node *node);
/* No mapping where the section stands; no list of mappings where the key wants one. */
mixup_status refuse_section(const trail *at, schema_section section, const yaml_node *node);
mixup_status refuse_sections(const trail *at, const schema_key *key, const yaml_node *node);

/* `node` is the key itself: there is none of this name, or the choices of the section at `base` give it no
 * meaning. */
mixup_status refuse_unknown(const trail *at, schema_section section, const yaml_node *node);
mixup_status refuse_misplaced(const trail *at, const schema_key *key, schema_section section,
                              const yaml_node *node, const void *base);

/* The key that this one needs is nowhere. */
mixup_status refuse_idle(const trail *at, const schema_key *key, const yaml_node *node);

/* "network[2].units"; with "" for the name, the section itself. */
typedef struct path_text {
    char text[256];
} path_text;
path_text path_of(const trail *at, const char *name);

#endif
