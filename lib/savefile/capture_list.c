/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int no_memory(struct error *error)
{
	return error_set(error, ENOMEM, "--read: no memory for the names of the captures");
}

/* Owns `name`. */
static int add(struct capture_list *list, char *name, bool in_directory, struct error *error)
{
	if (name != NULL && list->count == list->room) {
		unsigned int room = list->room == 0 ? 64 : list->room * 2;
		void *more = realloc(list->entries, room * sizeof(*list->entries));

		if (more == NULL) {
			free(name);
			return no_memory(error);
		}
		list->entries = more;
		list->room = room;
	}
	if (name == NULL)
		return no_memory(error);
	list->entries[list->count] = (struct capture_entry){
		.name = name,
		.path = name,
		.number = list->count,
		.held = -1,
		.in_directory = in_directory,
	};
	list->count++;
	return 0;
}

static int add_standard_input(struct capture_list *list, struct error *error)
{
	int result = add(list, strdup("standard input"), false, error);

	if (result == 0)
		list->entries[list->count - 1].path = "-";
	return result;
}

static int add_directory(struct capture_list *list, const char *path, struct error *error);

/*
 * What is in a directory; `name`: in there. Files that programs hide are not for others, nor is
 * what waits for a writer, and links to other directories could go in circles. Owns `path`.
 */
static int add_what_is(struct capture_list *list, char *path, const char *name, struct error *error)
{
	struct stat status, link;
	int result = 0;

	if (name[0] != '.' && stat(path, &status) == 0 && lstat(path, &link) == 0) {
		if (S_ISREG(status.st_mode))
			return add(list, path, true, error);
		if (S_ISDIR(link.st_mode))
			result = add_directory(list, path, error);
	}
	free(path);
	return result;
}

static int add_directory(struct capture_list *list, const char *path, struct error *error)
{
	const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
	struct dirent **found;
	int count = scandir(path, &found, NULL, versionsort), result = 0;

	if (count < 0) /* the attempt to read it as a file will say why */
		return add(list, strdup(path), false, error);
	for (int i = 0; i < count; i++) {
		char *name = NULL;

		if (result == 0 && asprintf(&name, "%s%s%s", path, slash, found[i]->d_name) < 0)
			result = no_memory(error);
		else if (result == 0)
			result = add_what_is(list, name, found[i]->d_name, error);
		free(found[i]);
	}
	free(found);
	return result;
}

int capture_list_make(struct capture_list *list, const char *const *paths, unsigned int count,
		      struct error *error)
{
	int result = 0;

	*list = (struct capture_list){0};
	for (unsigned int i = 0; i < count && result == 0; i++) {
		struct stat status;

		if (strcmp(paths[i], "-") == 0)
			result = add_standard_input(list, error);
		else if (stat(paths[i], &status) == 0 && S_ISDIR(status.st_mode))
			result = add_directory(list, paths[i], error);
		else
			result = add(list, strdup(paths[i]), false, error);
	}
	if (result != 0)
		capture_list_free(list);
	return result;
}

void capture_list_free(struct capture_list *list)
{
	for (unsigned int i = 0; i < list->count; i++) {
		if (list->entries[i].track != NULL)
			track_close(list->entries[i].track);
		free(list->entries[i].track);
		if (list->entries[i].held >= 0)
			close(list->entries[i].held);
		free(list->entries[i].name);
	}
	free(list->entries);
	*list = (struct capture_list){0};
}
