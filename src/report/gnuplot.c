/* report/gnuplot: see gnuplot.h. One script draws both pictures: it plots into an SVG terminal and replots
 * into a PNG one. */
#include "report/gnuplot.h"

#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_INSTALLED = 127, MESSAGE_SIZE = 600 };

void gnuplot_quote(text *out, const char *string) {
    text_add(out, "'");
    for (const char *c = string; *c != '\0'; c++) {
        if (*c == '\'')
            text_add(out, "\u2019"); /* a doubled quote at a string's beginning confuses gnuplot 5.4 */
        else if ((unsigned char)*c < ' ')
            text_add(out, " ");
        else
            text_append(out, c, 1);
    }
    text_add(out, "'");
}

void gnuplot_file_name(text *out, const char *string) {
    for (const char *c = string; *c != '\0'; c++) {
        const bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
                           *c == '-' || *c == '.';
        text_append(out, plain ? c : "_", 1);
    }
}

void gnuplot_number(text *out, double value) {
    if (isfinite(value))
        text_format(out, "%.9g", value);
    else
        text_add(out, "NaN");
}

/* The settings that all pictures share; `black` is left to text and borders, so that the page can recolour
 * them in the dark. */
static void write_head(text *out, const gnuplot_picture *picture) {
    text_format(out,
                "# Draws %s.svg and %s.png. Change what you like, then run: gnuplot %s.gp\n"
                "set encoding utf8\n"
                "set datafile separator comma\n"
                "set border 3 lw 0.8\n"
                "set tics nomirror out scale 0.4\n"
                "set grid lc rgb '#d8dde3' lw 0.6 dt solid\n"
                "set key noenhanced\n"
                "set xtics offset 0,0.3\nset xlabel offset 0,0.7\nset ylabel offset 0.8,0\n"
                "set terminal svg size %u,%u dynamic noenhanced font 'sans-serif,14' background '#ffffff' "
                "standalone\n"
                "set output '%s.svg'\n",
                picture->name, picture->name, picture->name, picture->width, picture->height, picture->name);
}

static void write_tail(text *out, const gnuplot_picture *picture) {
    text_format(out,
                "set terminal pngcairo size %u,%u noenhanced font 'sans-serif,10.5' fontscale 2 linewidth 2 "
                "pointscale 2.6 background '#ffffff'\n"
                "set output '%s.png'\n"
                "replot\n"
                "set output\n",
                2 * picture->width, 2 * picture->height, picture->name);
}

/* folder/NAME<suffix> in a new block, or NULL. */
static char *path_beside(const gnuplot_picture *picture, const char *suffix,
                         const mixup_allocator *allocator) {
    text name;
    text_init(&name, allocator);
    text_format(&name, "%s%s", picture->name, suffix);
    char *path = text_status(&name) == MIXUP_OK ? path_join(allocator, picture->folder, name.data) : NULL;
    text_clear(&name);
    return path;
}

static mixup_status write_beside(const gnuplot_picture *picture, const char *suffix, const text *content,
                                 const mixup_allocator *allocator) {
    MIXUP_TRY(text_status(content));
    char *path = path_beside(picture, suffix, allocator);
    if (path == NULL)
        return MIXUP_ERROR_MEMORY;
    const mixup_status status = file_write_all(path, content->data, content->length, allocator);
    memory_release(allocator, path);
    return status;
}

static mixup_status write_files(const gnuplot_picture *picture, const mixup_allocator *allocator) {
    for (size_t i = 0; i < picture->data_count; i++) {
        char suffix[64];
        snprintf(suffix, sizeof suffix, "%s.csv", picture->data[i].suffix);
        MIXUP_TRY(write_beside(picture, suffix, picture->data[i].content, allocator));
    }
    MIXUP_TRY(text_status(picture->script));
    text script;
    text_init(&script, allocator);
    write_head(&script, picture);
    text_append(&script, picture->script->data, picture->script->length);
    write_tail(&script, picture);
    const mixup_status status = write_beside(picture, ".gp", &script, allocator);
    text_clear(&script);
    return status;
}

/* In the child, between fork and exec: only calls that are safe there. */
static void become_gnuplot(const char *folder, char *const arguments[], int messages) {
    if (dup2(messages, STDOUT_FILENO) < 0 || dup2(messages, STDERR_FILENO) < 0 || chdir(folder) != 0)
        _exit(1);
    execvp(arguments[0], arguments);
    _exit(errno == ENOENT ? NOT_INSTALLED : 126);
}

/* Reads to the end; keeps what fits. */
static void read_messages(int source, char message[MESSAGE_SIZE]) {
    size_t used = 0;
    char rest[256];
    for (;;) {
        const bool room = used + 1 < MESSAGE_SIZE;
        const ssize_t got =
            room ? read(source, message + used, MESSAGE_SIZE - 1 - used) : read(source, rest, sizeof rest);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += room ? (size_t)got : 0;
    }
    message[used] = '\0';
}

static mixup_status check_exit(const gnuplot_picture *picture, int status, char *message) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return MIXUP_OK;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_INSTALLED)
        return error(MIXUP_ERROR_NOT_FOUND,
                     "%s/%s.gp: figures need the program gnuplot, which is not installed "
                     "(Debian: apt-get install gnuplot-nox)",
                     picture->folder, picture->name);
    for (char *c = message; *c != '\0'; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    return error(MIXUP_ERROR_DATA, "%s/%s.gp: gnuplot failed: %s", picture->folder, picture->name,
                 message[0] != '\0' ? message : "(no message)");
}

static mixup_status run(const gnuplot_picture *picture, char *script) {
    char program[] = "gnuplot";
    char defaults[] = "-d"; /* without the user's own start-up file */
    char *const arguments[] = {program, defaults, script, NULL};
    int ends[2];
    if (pipe(ends) != 0)
        return error(MIXUP_ERROR_IO, "%s: cannot start gnuplot: %s", picture->name, strerror(errno));
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_gnuplot(picture->folder, arguments, ends[1]);
    }
    const int cause = errno;
    close(ends[1]);
    char message[MESSAGE_SIZE] = "";
    if (child > 0)
        read_messages(ends[0], message);
    close(ends[0]);
    if (child < 0)
        return error(MIXUP_ERROR_IO, "%s: cannot start gnuplot: %s", picture->name, strerror(cause));
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error(MIXUP_ERROR_IO, "%s: cannot wait for gnuplot: %s", picture->name, strerror(errno));
    return check_exit(picture, status, message);
}

mixup_status gnuplot_draw(const gnuplot_picture *picture, const mixup_allocator *allocator) {
    MIXUP_TRY(file_make_folder(picture->folder));
    MIXUP_TRY(write_files(picture, allocator));
    text script; /* its name inside the folder */
    text_init(&script, allocator);
    text_format(&script, "./%s.gp", picture->name);
    mixup_status status = text_status(&script);
    if (status == MIXUP_OK)
        status = run(picture, script.data);
    text_clear(&script);
    return status;
}
