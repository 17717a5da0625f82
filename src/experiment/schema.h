/* experiment/schema: the one table of everything that an experiment file may say.
 *
 * A row is a key: where it stands, its type, range, default, unit, what it belongs to and a sentence. The
 * table (schema_table.c) checks a file and fills `settings` (schema_fill.c), writes settings back as YAML
 * (schema_write.c), and is docs/configuration.md and `mixup help KEY` (schema_help.c). A key is added by
 * adding its row; nothing else lists keys. A newcomer's mistake: a default in a row must be what the library
 * does with the field's zero, where a file can say zero at all; else the range must exclude zero. */
#ifndef EXPERIMENT_SCHEMA_H
#define EXPERIMENT_SCHEMA_H

#include "experiment/settings.h"
#include "experiment/yaml.h"

#include <stddef.h>

typedef enum schema_type {
    SCHEMA_SECTION,   /* a mapping: `child` */
    SCHEMA_SECTIONS,  /* a list of mappings: `child`, items of the child's size */
    SCHEMA_FREE,      /* a mapping that is not looked into here */
    SCHEMA_TEXT,      /* const char * */
    SCHEMA_WORD,      /* const char *, fit to be a file's name */
    SCHEMA_PATH,      /* const char *, made absolute */
    SCHEMA_CHARACTER, /* char */
    SCHEMA_BOOLEAN,   /* bool */
    SCHEMA_WITHOUT,   /* bool that stores the opposite of what the key says */
    SCHEMA_CHOICE,    /* an enum */
    SCHEMA_COUNT,     /* size_t */
    SCHEMA_SEED,      /* uint64_t */
    SCHEMA_SINGLE,    /* float */
    SCHEMA_DOUBLE,    /* double */
    SCHEMA_TEXTS,     /* const char *const *, or const char *[capacity] */
    SCHEMA_PATHS,     /* const char *const *, each made absolute */
    SCHEMA_COUNTS,    /* const size_t *, or size_t[capacity] */
    SCHEMA_SINGLES,   /* const float *, or float[capacity], all 0 where absent */
    SCHEMA_PAIR,      /* size_t[2] of images, height and width, as mixup_layer has them */
    SCHEMA_DOUBLES,   /* const double * */
} schema_type;

/* A mapping of the file. Bits, since a key may stand in several. */
typedef enum schema_section {
    IN_TOP = 1 << 0,
    IN_DATA = 1 << 1,
    IN_TRAIN = 1 << 2,
    IN_TEST = 1 << 3,
    IN_VALIDATION = 1 << 4,
    IN_LAYER = 1 << 5,
    IN_TRAINING = 1 << 6,
    IN_OPTIMIZER = 1 << 7,
    IN_SCHEDULE = 1 << 8,
    IN_CHECKPOINT = 1 << 9,
    IN_MIX = 1 << 10,
    IN_METRICS = 1 << 11,
    IN_FIGURE = 1 << 12,
    IN_SUBSET = 1 << 13,
    IN_NORMALIZE = 1 << 14,
    IN_AUGMENT = 1 << 15,
    IN_NETWORK = 1 << 16,
} schema_section;

/* Numbers allowed; both 0 means any finite one. */
typedef struct schema_range {
    double least, most;
    bool above; /* `least` itself is excluded */
    bool below; /* `most` itself is excluded */
} schema_range;

typedef struct schema_key {
    unsigned in; /* sections, or-ed */
    const char *name;
    schema_type type;
    size_t at;       /* offset of the field in its section's struct */
    size_t count_at; /* lists: offset of the size_t beside it */
    size_t capacity; /* lists: items of an array inside the struct; 0: a pointer with `count_at` */
    bool counted;    /* lists: the number of items is another list's; it is checked, not stored */
    schema_section child;
    bool optional;         /* SECTION: nothing is filled without it; it is there when its first key is */
    bool required;         /* where it applies */
    const char *of;        /* the choice in the same section that decides whether the key applies ... */
    const char *where;     /* ... for these of its values, separated by spaces; NULL: always */
    const char *needs;     /* the key beside it that must be given as well, somewhere, for this one to act */
    schema_range range;    /* of a number, and of each number of a list */
    const char *fallback;  /* the default as YAML; NULL: none, or not a constant */
    const char *otherwise; /* what the documentation says instead of `fallback` */
    const char *unit;
    const char *(*choice)(int value); /* CHOICE: the name of a value; NULL: not to be chosen */
    int choices;                      /* CHOICE: values lie in [0, choices) */
    const char *text;                 /* a sentence for the documentation */
} schema_key;

typedef struct schema_part {
    schema_section section;
    const char *path; /* "training.optimizer" */
    size_t size;      /* of its struct */
    const char *text;
} schema_part;

const schema_key *schema_keys(size_t *count);
const schema_part *schema_parts(size_t *count); /* in the order of the documentation */
const schema_part *schema_find_part(schema_section section);

/* The value of the choice `name` in a section's struct, and its name. */
int schema_choice_value(const schema_key *key, const void *base);
/* Whether the key counts, given the choices that stand in its section's struct. */
bool schema_applies(const schema_key *key, schema_section section, const void *base);
/* The row for `name` that applies, else the last one of that name; NULL: no such key. */
const schema_key *schema_find(schema_section section, const char *name, const void *base);

/* Checks the tree of a file (variants merged already) and fills `out`. Paths are relative to the file that
 * their node names, those of overrides to `folder`. Messages read "FILE:LINE:COLUMN: key: what is wrong; what
 * would be right". */
mixup_status schema_fill(arena *in, const yaml_node *root, const char *folder, settings *out);

/* "a.b: " style message at a node: "FILE:LINE:COLUMN: key: message". */
mixup_status schema_error(const yaml_node *node, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* All keys that apply, as YAML; or, `flat`, one line "training.optimizer.kind: adam" each. */
void schema_write(const settings *in, bool flat, text *out);

/* docs/configuration.md. */
void schema_write_markdown(text *out);
/* What `mixup help KEY` prints: the key or section at a path ("training.epochs", "optimizer", "epsilon").
 * Returns false for an unknown one, with suggestions in `out`. */
bool schema_write_help(const char *path, text *out);

/* Of the names, that which `word` most likely meant; NULL when none is near. */
const char *schema_nearest(const char *word, const char *const *names, size_t count);

/* The section, not the top, that has a key of this name, best one below `section`; NULL: none. */
const schema_part *schema_find_home(schema_section section, const char *name);

/* "a whole number", "≥ 1", ... for messages and documentation. */
typedef struct schema_words {
    char text[400];
} schema_words;
schema_words schema_type_words(const schema_key *key);
schema_words schema_range_words(const schema_key *key);

#endif
