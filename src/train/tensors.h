/* train/tensors: between a model's parameters and the entries of a safetensors file. */
#ifndef TRAIN_TENSORS_H
#define TRAIN_TENSORS_H

#include "format/safetensors.h"
#include "train/model.h"

/* Entries with plain copies of parameters, in the order of the network. */
typedef struct tensor_list {
    mixup_allocator allocator;
    safetensors_entry *entries;
    char **names;
    size_t count, capacity;
} tensor_list;

void tensor_list_init(tensor_list *list, const mixup_allocator *allocator);
void tensor_list_clear(tensor_list *list);

/* Adds the arrays of a kind, each called `prefix` and the parameter's name. */
mixup_status tensor_list_add(tensor_list *list, mixup_model *model, parameter_kind kind, const char *prefix);

/* Whether the entry has the parameter's shape and a type that is read (float32). */
bool tensor_fits(const safetensors_entry *entry, const graph_parameter *parameter);

/* Sets all arrays of a kind from a file. A missing entry is an error, or leaves the kind out when `optional`
 * and no entry of the kind is there. check_only: no value is changed, but all memory is made that the
 * restoring itself needs. */
mixup_status tensors_restore(const safetensors *file, mixup_model *model, parameter_kind kind,
                             const char *prefix, const char *path, bool optional, bool check_only);

#endif
