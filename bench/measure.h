/* SPDX-License-Identifier: BSD-2-Clause */
/* measure.h: what a process has used so far, and how a benchmark tells it. */
#ifndef MXCHECK_BENCH_MEASURE_H
#define MXCHECK_BENCH_MEASURE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

struct measure {
    double cpu_s; /* of this process and of its children that have ended, user and system */
    double wall_s;
};

static inline double measure_cpu(int whose)
{
    struct rusage used;
    getrusage(whose, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static inline struct measure measure_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct measure){measure_cpu(RUSAGE_SELF) + measure_cpu(RUSAGE_CHILDREN),
                            (double)now.tv_sec + (double)now.tv_nsec / 1e9};
}

static inline unsigned measure_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder != NULL)
        closedir(folder);
    return count - 3; /* ".", ".." and the folder itself */
}

/* Resident now, in KiB. */
static inline long measure_resident_kib(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &pages, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return resident * 4;
}

/* One line of `name=value` pairs. */
static inline void measure_print(struct measure before, unsigned checks, unsigned failed, double median_ms)
{
    struct measure after = measure_now();
    printf("cpu_us=%.3f wall_s=%.3f checks=%u failed=%u median_ms=%.3f resident_kib=%ld descriptors=%u\n",
           (after.cpu_s - before.cpu_s) * 1e6 / checks, after.wall_s - before.wall_s, checks, failed, median_ms,
           measure_resident_kib(), measure_descriptors());
}

static inline int measure_compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static inline double measure_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), measure_compare);
    return count == 0 ? 0 : values[count / 2];
}

#endif
