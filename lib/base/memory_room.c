/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/memory.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number of line `name` of a file of "name number" lines. False: there is none. */
static bool read_line(const char *path, const char *name, size_t *value)
{
	FILE *file = fopen(path, "re");
	char line[256], word[64];
	bool found = false;

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "%63s %zu", word, value) == 2 && strcmp(word, name) == 0;
	fclose(file);
	return found;
}

/* The number that is all of a file. False: there is none, or it says "max". */
static bool read_number(const char *folder, const char *name, size_t *value)
{
	char path[1024];
	FILE *file;
	bool found;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	found = fscanf(file, "%zu", value) == 1;
	fclose(file);
	return found;
}

/* The two versions of cgroups: where, and what the files are called. */
struct version {
	const char *root, *limit, *used, *cache;
};
static const struct version versions[] = {
	{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
	 "total_inactive_file"},
	{"/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
};

static size_t room_in(const struct version *version, const char *folder)
{
	size_t limit, used, cache = 0;
	char path[1024];

	if (!read_number(folder, version->limit, &limit) ||
	    !read_number(folder, version->used, &used))
		return SIZE_MAX;
	snprintf(path, sizeof(path), "%s/memory.stat", folder);
	(void)read_line(path, version->cache, &cache); /* of files, which gives way */
	used -= cache < used ? cache : used;
	return limit > used ? limit - used : 0;
}

/* Of a cgroup and all above it; in a container the path is often one that is not there. */
static size_t room_below(const struct version *version, const char *path)
{
	size_t root = strlen(version->root), least = SIZE_MAX, room;
	char folder[768];

	snprintf(folder, sizeof(folder), "%s%s", version->root, path);
	for (;;) {
		char *end = strrchr(folder, '/');

		room = room_in(version, folder);
		least = room < least ? room : least;
		if (end < folder + root)
			return least;
		*end = '\0';
	}
}

static size_t room_of_cgroups(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	size_t least = SIZE_MAX;
	char line[640];

	if (file == NULL)
		return least;
	while (fgets(line, sizeof(line), file) != NULL) {
		char *controllers = strchr(line, ':');
		char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
		const struct version *version = NULL;
		size_t room;

		if (path == NULL)
			continue;
		path[strcspn(path, "\n")] = '\0';
		if (strncmp(controllers, ":memory:", 8) == 0)
			version = &versions[0];
		else if (strncmp(controllers, "::", 2) == 0)
			version = &versions[1];
		if (version == NULL)
			continue;
		room = room_below(version, path + 1);
		least = room < least ? room : least;
	}
	fclose(file);
	return least;
}

size_t memory_room(void)
{
	size_t cgroups = room_of_cgroups(), host;

	if (!read_line("/proc/meminfo", "MemAvailable:", &host))
		return cgroups;
	host *= 1024;
	return host < cgroups ? host : cgroups;
}

size_t memory_resident(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (file == NULL)
		return 0;
	if (fscanf(file, "%*s %zu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}
