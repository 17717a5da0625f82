/* train/tensors: between a model's parameters and the entries of a safetensors file. */
#ifndef TRAIN_TENSORS_H
#define TRAIN_TENSORS_H

#include "format/safetensors.h"
#include "train/model.h"

/* Parameters to be written, in the order of the network. */
typedef struct tensor_list {
    mixup_model *model;
    safetensors_entry *entries; /* without data */
    struct tensor_item *items;  /* of each entry */
    size_t count, capacity;
} tensor_list;

void tensor_list_init(tensor_list *list, mixup_model *model);
void tensor_list_clear(tensor_list *list);

/* Adds the arrays of a kind, each called `prefix` and the parameter's name. */
mixup_status tensor_list_add(tensor_list *list, parameter_kind kind, const char *prefix);

/* Writes the file from the values of now, in plain layout. One array is copied at a time: a copy of them all
 * would be the network's memory once more, touched for the first time. */
mixup_status tensor_list_write(const tensor_list *list, const char *path, const safetensors_text *metadata,
                               size_t metadata_count);

/* Whether the entry has the parameter's shape and a type that is read (float32). */
bool tensor_fits(const safetensors_entry *entry, const graph_parameter *parameter);

/* Whether a model's file has the values of every parameter of the network. */
mixup_status tensors_check(const safetensors *file, const graph *network);

/* Sets all arrays of a kind from a file. A missing entry is an error, or leaves the kind out when `optional`
 * and no entry of the kind is there. check_only: no value is changed, but all memory is made that the
 * restoring itself needs. */
mixup_status tensors_restore(const safetensors *file, mixup_model *model, parameter_kind kind,
                             const char *prefix, const char *path, bool optional, bool check_only);

#endif
