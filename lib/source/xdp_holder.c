/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_holder.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Up to `size` - 1 characters of a small file; "" when there is none. */
static void read_text(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t length = 0;

	if (file != NULL) {
		length = fread(text, 1, size - 1, file);
		fclose(file);
	}
	text[length] = '\0';
}

/* Does a descriptor of the process stand for the program? The kernel tells in its fdinfo. */
static bool holds(const char *process, const char *line)
{
	char path[300], text[1024];
	const struct dirent *entry;
	bool found = false;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%.20s/fdinfo", process);
	directory = opendir(path);
	if (directory == NULL)
		return false;
	while (!found && (entry = readdir(directory)) != NULL) {
		snprintf(path, sizeof(path), "/proc/%.20s/fdinfo/%.20s", process, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		read_text(path, text, sizeof(text));
		found = strstr(text, line) != NULL;
	}
	closedir(directory);
	return found;
}

const char *xdp_holder(uint32_t program, char *text, size_t size)
{
	DIR *directory = opendir("/proc");
	const struct dirent *entry;
	char line[32], path[300], name[32];

	text[0] = '\0';
	if (directory == NULL)
		return text;
	snprintf(line, sizeof(line), "\nprog_id:\t%u\n", program);
	while (text[0] == '\0' && (entry = readdir(directory)) != NULL) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !holds(entry->d_name, line))
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		read_text(path, name, sizeof(name));
		name[strcspn(name, "\n")] = '\0';
		snprintf(text, size, ", by %s (process %.20s)", name, entry->d_name);
	}
	closedir(directory);
	return text;
}
