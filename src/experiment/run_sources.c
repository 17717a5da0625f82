/* experiment/run: whether a finished run's files of samples are still those that it was trained on, by the
 * times at which their inodes changed: a look at each file, where reading and preparing the samples may take
 * minutes. A newcomer's mistake: the time of modification; a copy that keeps it (cp -p) would go unnoticed.
 */
#include "experiment/run_parts.h"
#include "experiment/schema.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 32 }; /* of folders; what lies deeper is taken as changed */

static bool later(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec >= b->tv_nsec;
}

static bool folder_changed(int folder, const struct timespec *when, size_t depth);

/* `name` in the opened folder, or a path with AT_FDCWD. */
static bool changed(int folder, const char *name, const struct timespec *when, size_t depth) {
    struct stat known;
    if (fstatat(folder, name, &known, 0) != 0)
        return false;
    if (later(&known.st_ctim, when))
        return true;
    if (!S_ISDIR(known.st_mode))
        return false;
    const int opened = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return opened >= 0 && folder_changed(opened, when, depth + 1);
}

/* Closes `folder`. */
static bool folder_changed(int folder, const struct timespec *when, size_t depth) {
    DIR *entries = depth < DEEPEST ? fdopendir(folder) : NULL;
    if (entries == NULL) {
        close(folder);
        return true;
    }
    bool found = false;
    const struct dirent *entry = NULL;
    while (!found && (entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            found = changed(dirfd(entries), entry->d_name, when, depth);
    closedir(entries);
    return found;
}

/* The paths of a part are those rows of the schema that hold for its format. */
static bool part_changed(schema_section section, const settings_part *part, const struct timespec *when) {
    size_t rows = 0;
    const schema_key *keys = schema_keys(&rows);
    bool found = false;
    for (size_t i = 0; i < rows && !found; i++) {
        const char *field = (const char *)part + keys[i].at;
        const bool several = keys[i].type == SCHEMA_PATHS;
        if ((keys[i].in & (unsigned)section) == 0 || (keys[i].type != SCHEMA_PATH && !several) ||
            !schema_applies(&keys[i], section, part))
            continue;
        const char *const *paths = (const char *const *)(const void *)field;
        size_t count = *paths != NULL;
        if (several) {
            memcpy(&count, (const char *)part + keys[i].count_at, sizeof count);
            paths = *(const char *const *const *)(const void *)field;
        }
        for (size_t p = 0; p < count && !found; p++)
            found = changed(AT_FDCWD, paths[p], when, 0);
    }
    return found;
}

bool run_sources_changed(const experiment *of, const char *path) {
    const settings *in = experiment_settings(of);
    struct stat known;
    if (stat(path, &known) != 0)
        return true;
    return part_changed(IN_TRAIN, &in->train, &known.st_ctim) ||
           part_changed(IN_TEST, &in->test, &known.st_ctim) ||
           part_changed(IN_VALIDATION, &in->validation, &known.st_ctim);
}
