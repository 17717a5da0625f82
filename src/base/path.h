/* base/path: the names of files, taken apart and put together. Each result is a new block of the caller's.
 *
 * A newcomer's mistake: reading a path against the current folder. Those of an experiment are relative to the
 * file that they stand in. */
#ifndef BASE_PATH_H
#define BASE_PATH_H

#include "base/memory.h"

/* folder + "/" + name in a new block; an absolute `name` stands alone. NULL with the error stored. */
char *path_join(const mixup_allocator *allocator, const char *folder, const char *name);

/* What stands before the last '/', "." without one, in a new block. */
char *path_folder(const mixup_allocator *allocator, const char *path);

/* Absolute, and free of links and dots as far as it is there, in a new block. NULL with the error stored. */
char *path_real(const mixup_allocator *allocator, const char *path);

/* How a file that lies in `folder` names `path`, "../data/a.csv", in a new block; an absolute path stays as
 * it is. The last part of `path` may be a link: it is named, not what it leads to. NULL with the error
 * stored. */
char *path_between(const mixup_allocator *allocator, const char *folder, const char *path);

#endif
