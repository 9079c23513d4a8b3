/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CHECK_SYSFS_H
#define WEIR_CHECK_SYSFS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Small files of /sys, /proc and /dev, below a root that stands in for that of the machine. Paths
 * are formats and begin with '/'.
 */

#define SYSFS_CPUS_MAX 1024

struct sysfs_cpus {
	uint64_t bits[SYSFS_CPUS_MAX / 64];
};

/* The whole path below `root`, for what is not read in here; "" if it is too long. */
const char *sysfs_path(char *out, size_t size, const char *root, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The first line, without its end. False, and "": there is no such file. */
bool sysfs_text(char *out, size_t size, const char *root, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The number that a file begins with, in C's notation; false when there is none. */
bool sysfs_number(int64_t *number, const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The last part of where a symbolic link leads: a driver, a group. False, and "": no link. */
bool sysfs_link(char *out, size_t size, const char *root, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* What is in a directory, until NULL; closed by closedir(). NULL: there is no such. */
DIR *sysfs_directory(const char *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The next entry that is not hidden; NULL: that was all. */
const struct dirent *sysfs_next(DIR *directory);

bool sysfs_exists(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "0-3,8" as the kernel writes sets of CPUs; and back. */
void sysfs_cpus_read(const char *list, struct sysfs_cpus *cpus);
const char *sysfs_cpus_text(char *out, size_t size, const struct sysfs_cpus *cpus);
void sysfs_cpus_add(struct sysfs_cpus *cpus, unsigned int cpu);
bool sysfs_cpus_has(const struct sysfs_cpus *cpus, unsigned int cpu);
unsigned int sysfs_cpus_count(const struct sysfs_cpus *cpus);

#endif
