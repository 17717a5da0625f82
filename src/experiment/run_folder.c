/* experiment/run: a run's folder against other processes and killed ones, and the fingerprints of its data.
 * The lock is the folder's own (flock), so that no file more stands in it and a killed process leaves none.
 */
#include "experiment/experiment_parts.h"
#include "experiment/run_parts.h"

#include "base/path.h"
#include "data/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

mixup_status run_folder_lock(const char *folder, int *lock) {
    const int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return error(MIXUP_ERROR_IO, "%s: cannot open the folder: %s", folder, strerror(errno));
    if (flock(opened, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(opened);
        return error(MIXUP_ERROR_IO,
                     "%s: another process is training here; wait for it, or choose another "
                     "folder with --out",
                     folder);
    }
    *lock = opened;
    return MIXUP_OK;
}

mixup_status run_folder_sweep(const char *folder, const mixup_allocator *allocator) {
    mixup_status status = MIXUP_OK;
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return error(MIXUP_ERROR_IO, "%s: cannot open the folder: %s", folder, strerror(errno));
    for (const struct dirent *entry = readdir(directory); entry != NULL && status == MIXUP_OK;
         entry = readdir(directory)) {
        if (strstr(entry->d_name, ".part-") == NULL)
            continue;
        char *path = path_join(allocator, folder, entry->d_name);
        if (path == NULL)
            status = MIXUP_ERROR_MEMORY;
        else if (unlink(path) != 0 && errno != ENOENT)
            status = error(MIXUP_ERROR_IO, "%s: cannot remove: %s", path, strerror(errno));
        memory_release(allocator, path);
    }
    closedir(directory);
    return status;
}

const char *run_part_name(size_t part) {
    static const char *const names[RUN_PARTS] = {"train", "validation", "test"};
    return names[part];
}

const mixup_dataset *run_part(const experiment_data *data, size_t part) {
    const mixup_dataset *const parts[RUN_PARTS] = {data->train, data->validation, data->test};
    return parts[part];
}

/* Names the way in which fingerprints are made: those of another way say nothing. */
#define FINGERPRINT_KIND "rows-"

run_fingerprint run_fingerprint_of(const mixup_dataset *set, size_t threads) {
    run_fingerprint out = {{0}};
    if (set != NULL)
        snprintf(out.text, sizeof out.text, FINGERPRINT_KIND "%016" PRIx64,
                 dataset_fingerprint(set, threads));
    return out;
}

const yaml_node *run_find_fingerprint(const experiment *of, size_t part) {
    char key[64];
    snprintf(key, sizeof key, "made_by.fingerprints.%s", run_part_name(part));
    const yaml_node *node = yaml_find(of->root, key);
    const bool known = node != NULL && node->kind == YAML_SCALAR &&
                       strncmp(node->text, FINGERPRINT_KIND, strlen(FINGERPRINT_KIND)) == 0;
    return known ? node : NULL;
}

bool run_has_fingerprints(const experiment *of) {
    for (size_t i = 0; i < RUN_PARTS; i++)
        if (run_find_fingerprint(of, i) != NULL)
            return true;
    return false;
}
