/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfs.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- paths ---- */

static const char *join(char *out, size_t size, const char *root, const char *format,
			va_list arguments)
{
	size_t used = (size_t)snprintf(out, size, "%s", root);

	if (used < size)
		used += (size_t)vsnprintf(out + used, size - used, format, arguments);
	if (used >= size)
		out[0] = '\0';
	return out;
}

/* In a function whose last parameter is `format`: the path. */
#define JOIN(path, root, format)                                                                   \
	do {                                                                                       \
		va_list arguments;                                                                 \
                                                                                                   \
		va_start(arguments, format);                                                       \
		join(path, sizeof(path), root, format, arguments);                                 \
		va_end(arguments);                                                                 \
	} while (0)

const char *sysfs_path(char *out, size_t size, const char *root, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	join(out, size, root, format, arguments);
	va_end(arguments);
	return out;
}

/* ---- files ---- */

static bool read_line(char *out, size_t size, const char *path)
{
	FILE *file = fopen(path, "re");
	bool found = file != NULL && fgets(out, (int)size, file) != NULL;

	if (file != NULL)
		fclose(file);
	if (!found)
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return found;
}

bool sysfs_text(char *out, size_t size, const char *root, const char *format, ...)
{
	char path[PATH_MAX];

	JOIN(path, root, format);
	return read_line(out, size, path);
}

bool sysfs_number(int64_t *number, const char *root, const char *format, ...)
{
	char path[PATH_MAX], line[64], *end;

	JOIN(path, root, format);
	if (!read_line(line, sizeof(line), path))
		return false;
	*number = strtoll(line, &end, 0);
	return end != line;
}

bool sysfs_link(char *out, size_t size, const char *root, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t length;

	JOIN(path, root, format);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	last = strrchr(target, '/');
	snprintf(out, size, "%s", last != NULL ? last + 1 : target);
	return length > 0;
}

DIR *sysfs_directory(const char *root, const char *format, ...)
{
	char path[PATH_MAX];

	JOIN(path, root, format);
	return opendir(path);
}

const struct dirent *sysfs_next(DIR *directory)
{
	const struct dirent *entry;

	do
		entry = readdir(directory);
	while (entry != NULL && entry->d_name[0] == '.');
	return entry;
}

bool sysfs_exists(const char *root, const char *format, ...)
{
	char path[PATH_MAX];

	JOIN(path, root, format);
	return access(path, F_OK) == 0;
}

/* ---- sets of CPUs ---- */

void sysfs_cpus_read(const char *list, struct sysfs_cpus *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long cpu = first; cpu <= last && cpu < SYSFS_CPUS_MAX; cpu++)
			sysfs_cpus_add(cpus, (unsigned int)cpu);
		list = end + (*end == ',');
	}
}

const char *sysfs_cpus_text(char *out, size_t size, const struct sysfs_cpus *cpus)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned int cpu = 0; cpu < SYSFS_CPUS_MAX && used + 16 < size; cpu++) {
		unsigned int last = cpu;

		if (!sysfs_cpus_has(cpus, cpu))
			continue;
		while (last + 1 < SYSFS_CPUS_MAX && sysfs_cpus_has(cpus, last + 1))
			last++;
		used += (size_t)snprintf(out + used, size - used, "%s%u", used > 0 ? "," : "", cpu);
		if (last > cpu)
			used += (size_t)snprintf(out + used, size - used, "-%u", last);
		cpu = last;
	}
	return out;
}

void sysfs_cpus_add(struct sysfs_cpus *cpus, unsigned int cpu)
{
	if (cpu < SYSFS_CPUS_MAX)
		cpus->bits[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

bool sysfs_cpus_has(const struct sysfs_cpus *cpus, unsigned int cpu)
{
	return cpu < SYSFS_CPUS_MAX && (cpus->bits[cpu / 64] >> cpu % 64 & 1) != 0;
}

unsigned int sysfs_cpus_count(const struct sysfs_cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(cpus->bits) / sizeof(cpus->bits[0]); i++)
		count += (unsigned int)__builtin_popcountll(cpus->bits[i]);
	return count;
}
