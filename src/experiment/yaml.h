/* experiment/yaml: a YAML document as a tree whose nodes know where they stood.
 *
 * libyaml reads the syntax; what this file adds is strictness: duplicate keys, keys that are no scalars,
 * tags, several documents, cycles, more than YAML_MAX_DEPTH levels or YAML_MAX_KEYS keys and aliases that
 * unfold to more than YAML_MAX_NODES nodes are errors. An alias is the same node twice, so the tree is never
 * changed once it is read; yaml_merge makes new nodes. The key << is gone: its value's keys stand in its
 * place. A newcomer's mistake: taking `text` for a number; scalars are typed by the yaml_to_* functions
 * alone, strictly (true and false, whole numbers, finite numbers), and a quoted "12" is always text. */
#ifndef EXPERIMENT_YAML_H
#define EXPERIMENT_YAML_H

#include "base/text.h"
#include "experiment/arena.h"

enum { YAML_MAX_DEPTH = 32, YAML_MAX_KEYS = 1000, YAML_MAX_NODES = 100000, YAML_MAX_BYTES = 4 << 20 };

typedef enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING } yaml_kind;

typedef struct yaml_node yaml_node;
struct yaml_node {
    yaml_kind kind;
    const char *source;      /* the file, or "--set a.b" */
    size_t line, column;     /* from 1; 0: the source has no lines */
    const char *text;        /* SCALAR */
    bool plain;              /* SCALAR: not quoted, so it may be a number, a truth value or null */
    size_t count;            /* SEQUENCE, MAPPING: items */
    const yaml_node **keys;  /* MAPPING: [count] scalars */
    const yaml_node **items; /* [count] */
};

/* The tree of `size` bytes of YAML; it lives in the arena. `source` is copied. With `lined` false the nodes
 * have no lines (an override of the command line). */
mixup_status yaml_parse(arena *in, const char *source, bool lined, const char *data, size_t size,
                        const yaml_node **root);

/* The value of a key of a mapping; NULL without it. */
const yaml_node *yaml_get(const yaml_node *mapping, const char *key);
/* The node at "a.b.c" below a mapping; NULL without it. */
const yaml_node *yaml_find(const yaml_node *root, const char *path);

/* `over` on top of `base`: mappings merge deeply, everything else replaces, null removes a key. Both stay. */
mixup_status yaml_merge(arena *in, const yaml_node *base, const yaml_node *over, const yaml_node **merged);

/* A mapping {key: value} whose key carries the value's mark. */
mixup_status yaml_wrap(arena *in, const char *key, size_t length, const yaml_node *value,
                       const yaml_node **mapping);

/* null or ~ */
bool yaml_is_null(const yaml_node *node);
/* Whether the scalar is of the type; the value is written only then. */
bool yaml_to_boolean(const yaml_node *node, bool *value);
bool yaml_to_whole(const yaml_node *node, uint64_t *value); /* not negative; false too if it does not fit */
bool yaml_is_number(const yaml_node *node);                 /* a number's syntax, ".inf" and ".nan" too */
bool yaml_to_number(const yaml_node *node, double *value);  /* a finite number */

/* What the node is, for messages: "a list", "the text 'x'", "the number 3", "nothing", ... */
typedef struct yaml_what {
    char text[80];
} yaml_what;
yaml_what yaml_describe(const yaml_node *node);

/* "FILE:LINE:COLUMN" or "--set a.b". */
typedef struct yaml_place {
    char text[512];
} yaml_place;
yaml_place yaml_where(const yaml_node *node);

/* `value` as a YAML scalar: plain where that reads back as the same text, else double-quoted. */
void yaml_write_text(text *out, const char *value);
/* With the fewest digits (6 to 17) that read back as the same number; `single`: as the same float. */
void yaml_write_number(text *out, double value, bool single);

#endif
