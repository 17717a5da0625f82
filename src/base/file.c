/* base/file: atomic writes by rename, checked up to and including fclose. */
#include "base/file.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mixup_status fail(file_writer *out, const char *what) {
    const int cause = errno;
    error(MIXUP_ERROR_IO, "%s: cannot %s: %s", out->path, what, strerror(cause));
    file_abandon(out);
    return MIXUP_ERROR_IO;
}

/* A copy of `path` with symbolic links followed, so that the file behind a link is replaced and not the link.
 */
static char *follow_links(const char *path, const mixup_allocator *allocator) {
    char *followed = realpath(path, NULL); /* NULL also where nothing exists yet */
    char *copy = memory_copy_text(allocator, followed != NULL ? followed : path);
    free(followed);
    return copy;
}

static char *make_part_path(const char *path, const mixup_allocator *allocator) {
    text part;
    text_init(&part, allocator);
    text_format(&part, "%s.part-%ld", path, (long)getpid());
    return part.data;
}

/* A pipe or a device is written to directly: it cannot be replaced. */
static bool is_written_directly(const char *path) {
    struct stat information;
    return stat(path, &information) == 0 && !S_ISREG(information.st_mode) && !S_ISDIR(information.st_mode);
}

mixup_status file_create(file_writer *out, const char *path, const mixup_allocator *allocator) {
    *out = (file_writer){.allocator = *allocator};
    if (path[0] == '\0' || file_is_folder(path))
        return error(MIXUP_ERROR_IO, "'%s': names a folder, not a file; give a file's name", path);
    const bool direct = is_written_directly(path);
    out->path = direct ? memory_copy_text(allocator, path) : follow_links(path, allocator);
    if (out->path != NULL && !direct)
        out->part_path = make_part_path(out->path, allocator);
    if (out->path == NULL || (!direct && out->part_path == NULL)) {
        file_abandon(out);
        return MIXUP_ERROR_MEMORY;
    }
    out->unsynced = direct;
    out->stream = fopen(direct ? out->path : out->part_path, "wb");
    if (out->stream == NULL)
        return fail(out, "write");
    return MIXUP_OK;
}

mixup_status file_write(file_writer *out, const void *data, size_t size) {
    if (out->stream == NULL)
        return MIXUP_ERROR_IO; /* failed before; the message stands */
    if (size > 0 && fwrite(data, 1, size, out->stream) != size)
        return fail(out, "write");
    return MIXUP_OK;
}

mixup_status file_commit(file_writer *out) {
    if (out->stream == NULL)
        return MIXUP_ERROR_IO;
    if (fflush(out->stream) != 0 || (!out->unsynced && fsync(fileno(out->stream)) != 0))
        return fail(out, "write");
    FILE *stream = out->stream;
    out->stream = NULL;
    if (fclose(stream) != 0)
        return fail(out, "close");
    if (out->part_path != NULL && rename(out->part_path, out->path) != 0)
        return fail(out, "rename the finished file");
    memory_release(&out->allocator, out->part_path);
    memory_release(&out->allocator, out->path);
    *out = (file_writer){.allocator = out->allocator};
    return MIXUP_OK;
}

void file_abandon(file_writer *out) {
    if (out->stream != NULL)
        fclose(out->stream);
    if (out->part_path != NULL)
        unlink(out->part_path);
    memory_release(&out->allocator, out->part_path);
    memory_release(&out->allocator, out->path);
    *out = (file_writer){.allocator = out->allocator};
}

static mixup_status write_whole(const char *path, const void *data, size_t size, bool unsynced,
                                const mixup_allocator *allocator) {
    file_writer out;
    MIXUP_TRY(file_create(&out, path, allocator));
    out.unsynced = out.unsynced || unsynced;
    MIXUP_TRY(file_write(&out, data, size));
    return file_commit(&out);
}

mixup_status file_write_all(const char *path, const void *data, size_t size,
                            const mixup_allocator *allocator) {
    return write_whole(path, data, size, false, allocator);
}

mixup_status file_write_quickly(const char *path, const void *data, size_t size,
                                const mixup_allocator *allocator) {
    return write_whole(path, data, size, true, allocator);
}

static mixup_status read_open(FILE *stream, const char *path, size_t limit, const mixup_allocator *allocator,
                              char **data, size_t *size) {
    size_t capacity = 4096;
    size_t length = 0;
    char *block = NULL;
    MIXUP_TRY(MEMORY_NEW(allocator, block, capacity));
    mixup_status status = MIXUP_OK;
    while (status == MIXUP_OK) {
        length += fread(block + length, 1, capacity - 1 - length, stream);
        if (length > limit)
            status = error(MIXUP_ERROR_FORMAT, "%s: larger than the %zu bytes allowed here", path, limit);
        else if (ferror(stream))
            status = error(MIXUP_ERROR_IO, "%s: cannot read: %s", path, strerror(errno));
        else if (length < capacity - 1)
            break;
        else
            status = MEMORY_GROW(allocator, block, length, capacity * 2);
        capacity *= 2;
    }
    if (status != MIXUP_OK) {
        memory_release(allocator, block);
        return status;
    }
    block[length] = '\0';
    *data = block;
    *size = length;
    return MIXUP_OK;
}

mixup_status file_read_all(const char *path, size_t limit, const mixup_allocator *allocator, char **data,
                           size_t *size) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    const mixup_status status = read_open(stream, path, limit, allocator, data, size);
    fclose(stream);
    return status;
}

mixup_status file_open(const char *path, int *descriptor) {
    const int opened = open(path, O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return error(MIXUP_ERROR_IO, "%s: cannot open: %s", path, strerror(errno));
    *descriptor = opened;
    return MIXUP_OK;
}

void file_close(int descriptor) {
    if (descriptor >= 0)
        close(descriptor);
}

mixup_status file_read_at(int descriptor, const char *path, uint64_t offset, void *data, size_t size) {
    size_t done = 0;
    while (done < size) {
        const ssize_t got = pread(descriptor, (char *)data + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error(MIXUP_ERROR_IO, "%s: cannot read: %s", path, strerror(errno));
        if (got == 0)
            return error(MIXUP_ERROR_FORMAT,
                         "%s: ends early: %zu bytes were expected at offset %" PRIu64
                         ", %zu of them are missing",
                         path, size, offset, size - done);
        done += (size_t)got;
    }
    return MIXUP_OK;
}

bool file_is_folder(const char *path) {
    struct stat information;
    return stat(path, &information) == 0 && S_ISDIR(information.st_mode);
}

bool file_exists(const char *path) {
    struct stat information;
    return stat(path, &information) == 0;
}

bool file_is_larger(const char *path, uint64_t size) {
    struct stat information;
    return stat(path, &information) == 0 && S_ISREG(information.st_mode) &&
           (uint64_t)information.st_size > size;
}

mixup_status file_make_folder(const char *path) {
    char partial[4096];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof partial)
        return error(MIXUP_ERROR_IO, "cannot make the folder '%s': its name is %s", path,
                     length == 0 ? "empty" : "too long");
    memcpy(partial, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (partial[i] != '/' && partial[i] != '\0')
            continue;
        partial[i] = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return error(MIXUP_ERROR_IO, "%s: cannot make the folder: %s", partial, strerror(errno));
        if (i < length)
            partial[i] = '/';
    }
    if (!file_is_folder(path))
        return error(MIXUP_ERROR_IO, "%s: is not a folder", path);
    return MIXUP_OK;
}
