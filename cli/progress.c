/* progress: see the header. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const double redraw_every = 0.1; /* seconds */
enum { BAR = 24 };

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static size_t terminal_width(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}

void progress_begin(progress *out, bool quiet, const char *label, size_t epochs) {
    const char *kind = getenv("TERM");
    *out = (progress){.quiet = quiet, .epochs = epochs};
    out->terminal = isatty(STDERR_FILENO) && (kind == NULL || strcmp(kind, "dumb") != 0);
    snprintf(out->label, sizeof out->label, "%s", label);
}

/* "1:02:03" or "2:03". */
static void write_time(double seconds, char *out, size_t size) {
    const long whole = lround(fmin(seconds, 1e7));
    if (whole >= 3600)
        snprintf(out, size, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    else
        snprintf(out, size, "%ld:%02ld", whole / 60, whole % 60);
}

static void draw(progress *in, const mixup_step *step) {
    const double elapsed = now() - in->start;
    const double rate = elapsed > 0.0 ? (double)in->samples / elapsed : 0.0;
    const double all = (double)in->epochs * (double)step->epoch_steps;
    const double left = all - (double)step->step;
    const double done = all > 0.0 ? (double)step->step / all : 0.0;
    char remaining[32];
    write_time(in->steps > 0 ? elapsed / (double)in->steps * fmax(left, 0.0) : 0.0, remaining,
               sizeof remaining);
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(done * BAR) ? '#' : '.';
    bar[BAR] = '\0';
    char line[512];
    int length = snprintf(line, sizeof line, "%s  [%s] epoch %zu/%zu  loss %.4f  %.0f samples/s  %s left",
                          in->label, bar, step->epoch, in->epochs, in->loss, rate, remaining);
    const int width = (int)terminal_width() - 1;
    if (length > width) /* without the bar it is shorter */
        length = snprintf(line, sizeof line, "%s %zu/%zu  loss %.4f  %.0f/s  %s", in->label, step->epoch,
                          in->epochs, in->loss, rate, remaining);
    fprintf(stderr, "\r%.*s\033[K", length > width ? width : length, line);
    fflush(stderr);
}

void progress_step(progress *in, const mixup_step *step) {
    if (in->quiet || !in->terminal)
        return;
    const double time = now();
    if (!in->started) { /* the first step builds plans: it is not counted */
        in->started = true;
        in->start = time;
        in->drawn = time;
        in->loss = step->loss;
        return;
    }
    in->steps++;
    in->samples += step->batch;
    in->loss += 0.02 * (step->loss - in->loss);
    if (time - in->drawn < redraw_every)
        return;
    in->drawn = time;
    draw(in, step);
}

/* "  name 0.1234", nothing where there is no such value. */
static void print_value(const char *name, double value) {
    if (isfinite(value))
        fprintf(stderr, "  %s %.4f", name, value);
}

void progress_epoch(progress *in, const mixup_epoch *epoch) {
    if (in->quiet || in->terminal)
        return;
    fprintf(stderr, "%s: epoch %zu/%zu", in->label, epoch->epoch, in->epochs);
    print_value("loss", epoch->train_loss);
    print_value("accuracy", epoch->train_accuracy);
    print_value("clean accuracy", epoch->train_clean_accuracy);
    print_value("validation loss", epoch->validation_loss);
    print_value("validation accuracy", epoch->validation_accuracy);
    fprintf(stderr, "  %.1f s%s\n", epoch->seconds, epoch->best ? "  best" : "");
    fflush(stderr);
}

void progress_end(progress *in) {
    if (!in->quiet && in->terminal && in->started)
        fprintf(stderr, "\r\033[K");
}
