/* data/array_reader: see array_reader.h. */
#include "data/array_reader.h"

typedef struct array_reader {
    sample_reader base;
    array_file file;
    uint64_t *hashes; /* [rows] */
} array_reader;

static mixup_status array_reader_read(const sample_reader *self, size_t sample, void *row) {
    const array_reader *rows = (const array_reader *)(const void *)self;
    const array_file *file = &rows->file;
    MIXUP_TRY(array_file_row(file, sample, row));
    if (hash_row(row, file->row_bytes) != rows->hashes[sample])
        return error(MIXUP_ERROR_IO, "%s: sample %zu (from 0) has changed since the data set was opened",
                     file->path, sample);
    return MIXUP_OK;
}

static void array_reader_destroy(sample_reader *self) {
    array_reader *rows = (array_reader *)(void *)self;
    const mixup_allocator allocator = rows->file.allocator;
    memory_release(&allocator, rows->hashes);
    array_file_close(&rows->file);
    memory_release(&allocator, rows);
}

/* Reads all rows; `row` has room for one. */
static mixup_status look_through(const dataset_draft *draft, array_reader *rows, void *row) {
    for (size_t i = 0; i < draft->storage->count; i++) {
        MIXUP_TRY(array_file_row(&rows->file, i, row));
        MIXUP_TRY(draft_check_row(draft, i, row, rows->file.path));
        rows->hashes[i] = hash_row(row, rows->file.row_bytes);
    }
    return MIXUP_OK;
}

mixup_status array_reader_attach(dataset_draft *draft, const char *path, const array_place *place) {
    const mixup_allocator *allocator = &draft->storage->allocator;
    array_reader *rows = NULL;
    char *row = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, rows, 1));
    mixup_status status = array_file_open(&rows->file, path, place, allocator);
    if (status != MIXUP_OK) {
        memory_release(allocator, rows);
        return status;
    }
    status = MEMORY_NEW(allocator, rows->hashes, draft->storage->count);
    if (status == MIXUP_OK)
        status = MEMORY_NEW(allocator, row, rows->file.row_bytes);
    if (status == MIXUP_OK)
        status = look_through(draft, rows, row);
    memory_release(allocator, row);
    if (status != MIXUP_OK) {
        array_reader_destroy(&rows->base);
        return status;
    }
    rows->base =
        (sample_reader){.read = array_reader_read, .destroy = array_reader_destroy, .hashes = rows->hashes};
    draft->storage->reader = &rows->base;
    return MIXUP_OK;
}
