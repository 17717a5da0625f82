/* format/csv: records of a plain or gzip CSV file, one at a time.
 *
 * RFC 4180 with any one-byte separator: fields may be quoted by ", a quote inside is doubled, a quoted field
 * may hold line ends. Lines end by LF, CRLF or CR; blank lines are skipped; blanks around an unquoted field
 * are dropped; a UTF-8 byte order mark is skipped. Errors (with their line): a quote that is not closed or
 * stands inside an unquoted field, a NUL byte, a record above 256 MiB. That every record has the same number
 * of fields is not checked here. */
#ifndef FORMAT_CSV_H
#define FORMAT_CSV_H

#include "base/memory.h"

/* A record; valid during the call only. */
typedef struct csv_row {
    const char *path;
    size_t line;               /* where the record starts, from 1 */
    size_t record;             /* its number, from 1, a header included */
    size_t count;              /* of fields, ≥ 1 */
    const char *const *fields; /* [count] terminated texts, unquoted */
    const size_t *lengths;     /* [count] bytes */
} csv_row;

/* Anything but MIXUP_OK stops the reading and is returned by csv_read (store the message with error()). */
typedef mixup_status (*csv_row_function)(const csv_row *row, void *user);

/* Calls `on_row` for every record in order. `separator` 0 is a comma. `allocator` may be NULL (malloc). */
mixup_status csv_read(const char *path, char separator, const mixup_allocator *allocator,
                      csv_row_function on_row, void *user);

#endif
