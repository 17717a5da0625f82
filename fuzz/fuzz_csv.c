/* fuzz_csv: any bytes as CSV file; records must come in order, with whole fields. */
#include "format/csv.h"
#include "memory_file.h"

#include <string.h>

typedef struct progress {
    size_t record;
    size_t line;
} progress;

static mixup_status check(const csv_row *row, void *user) {
    progress *before = user;
    if (row->record != before->record + 1 || row->line <= before->line || row->count == 0)
        abort();
    for (size_t i = 0; i < row->count; i++)
        if (strlen(row->fields[i]) != row->lengths[i])
            abort();
    *before = (progress){row->record, row->line};
    return MIXUP_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    memory_file file;
    memory_file_open(&file, data, size);
    progress before = {0, 0};
    (void)csv_read(file.path, ',', NULL, check, &before);
    memory_file_close(&file);
    return 0;
}
