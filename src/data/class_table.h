/* data/class_table: the different texts of a label column, numbered as they come and put in order at the end.
 *
 * Natural order: where all texts are numbers, by number (and "1" and "1.0" are one class, called by the text
 * that sorts first); where all are true or false in any case, false first (and "True" and "TRUE" are one
 * class); else by bytes. Call it inside a number_scope. */
#ifndef DATA_CLASS_TABLE_H
#define DATA_CLASS_TABLE_H

#include "base/memory.h"

typedef struct class_table {
    mixup_allocator allocator;
    char **texts;     /* [capacity] texts by number */
    int32_t *classes; /* [capacity] class of each text, set by class_table_sort or by the user */
    size_t count;
    size_t capacity;
    uint32_t *slots; /* [slot_count] hash table of number + 1; 0: free */
    size_t slot_count;
} class_table;

void class_table_init(class_table *out, const mixup_allocator *allocator);
void class_table_clear(class_table *out);

/* The number of `text`, from 0; *fresh where it was not known yet. */
mixup_status class_table_add(class_table *table, const char *text, size_t *number, bool *fresh);

/* Sets `classes`; `names` [count] receives the texts of the *class_count classes in order, the table's. */
mixup_status class_table_sort(class_table *table, const char **names, size_t *class_count);

/* The class called `text`, or by the same number where all `names` are numbers, or the same truth; -1: none.
 */
int32_t class_table_match(const char *text, const char *const *names, size_t count);

#endif
