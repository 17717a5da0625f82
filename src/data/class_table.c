/* data/class_table: open addressing over FNV-1a hashes; see class_table.h. */
#include "data/class_table.h"

#include "base/number.h"

#include <stdlib.h>
#include <string.h>

void class_table_init(class_table *out, const mixup_allocator *allocator) {
    *out = (class_table){.allocator = *allocator};
}

void class_table_clear(class_table *out) {
    for (size_t i = 0; i < out->count; i++)
        memory_release(&out->allocator, out->texts[i]);
    memory_release(&out->allocator, out->texts);
    memory_release(&out->allocator, out->classes);
    memory_release(&out->allocator, out->slots);
    *out = (class_table){.allocator = out->allocator};
}

/* Fowler, Noll & Vo, 64 bits. */
static uint64_t hash_text(const char *text) {
    uint64_t hash = 14695981039346656037u;
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

/* The slot of `text`, or the free one where it belongs. There always is a free one. */
static size_t find_slot(const class_table *table, const char *text) {
    size_t slot = (size_t)hash_text(text) & (table->slot_count - 1);
    while (table->slots[slot] != 0 && strcmp(table->texts[table->slots[slot] - 1], text) != 0)
        slot = (slot + 1) & (table->slot_count - 1);
    return slot;
}

/* Room for one more text; slots stay at most half full. */
static mixup_status grow(class_table *table) {
    if (table->count < table->capacity)
        return MIXUP_OK;
    const size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
    uint32_t *slots = NULL;
    MIXUP_TRY(MEMORY_GROW(&table->allocator, table->texts, table->count, capacity));
    MIXUP_TRY(MEMORY_GROW(&table->allocator, table->classes, table->count, capacity));
    MIXUP_TRY(MEMORY_NEW(&table->allocator, slots, 2 * capacity));
    memory_release(&table->allocator, table->slots);
    table->slots = slots;
    table->slot_count = 2 * capacity;
    table->capacity = capacity;
    for (size_t i = 0; i < table->count; i++)
        table->slots[find_slot(table, table->texts[i])] = (uint32_t)(i + 1);
    return MIXUP_OK;
}

mixup_status class_table_add(class_table *table, const char *text, size_t *number, bool *fresh) {
    MIXUP_TRY(grow(table));
    const size_t slot = find_slot(table, text);
    *fresh = table->slots[slot] == 0;
    if (*fresh) {
        char *copy = memory_copy_text(&table->allocator, text);
        if (copy == NULL)
            return MIXUP_ERROR_MEMORY;
        table->texts[table->count++] = copy;
        table->slots[slot] = (uint32_t)table->count;
    }
    *number = table->slots[slot] - 1;
    return MIXUP_OK;
}

typedef struct entry {
    const char *text;
    double value; /* 0 unless all are numbers */
    size_t number;
} entry;

static int compare_entries(const void *a, const void *b) {
    const entry *left = a;
    const entry *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return strcmp(left->text, right->text);
}

/* What a text stands for: number_parse or number_truth. */
typedef bool (*meaning)(const char *text, double *value);

/* Whether all texts have such a meaning; then their values are set. */
static bool set_values(entry *entries, size_t count, meaning of) {
    for (size_t i = 0; i < count; i++) {
        if (of(entries[i].text, &entries[i].value))
            continue;
        for (size_t j = 0; j < i; j++)
            entries[j].value = 0.0;
        return false;
    }
    return true;
}

mixup_status class_table_sort(class_table *table, const char **names, size_t *class_count) {
    entry *entries = NULL;
    MIXUP_TRY(MEMORY_NEW(&table->allocator, entries, table->count));
    for (size_t i = 0; i < table->count; i++)
        entries[i] = (entry){.text = table->texts[i], .number = i};
    const bool values =
        set_values(entries, table->count, number_parse) || set_values(entries, table->count, number_truth);
    qsort(entries, table->count, sizeof *entries, compare_entries);
    size_t classes = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (i == 0 || !values || entries[i].value != entries[i - 1].value)
            names[classes++] = entries[i].text;
        table->classes[entries[i].number] = (int32_t)(classes - 1);
    }
    memory_release(&table->allocator, entries);
    *class_count = classes;
    return MIXUP_OK;
}

static int32_t match_value(const char *text, const char *const *names, size_t count, meaning of) {
    double wanted = 0.0;
    if (!of(text, &wanted))
        return -1;
    int32_t match = -1;
    for (size_t i = 0; i < count; i++) {
        double value = 0.0;
        if (!of(names[i], &value))
            return -1; /* not all have a value, so texts are compared as texts */
        if (value == wanted)
            match = (int32_t)i;
    }
    return match;
}

int32_t class_table_match(const char *text, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return (int32_t)i;
    const int32_t match = match_value(text, names, count, number_parse);
    return match >= 0 ? match : match_value(text, names, count, number_truth);
}
