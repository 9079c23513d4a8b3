/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <weir/runtime.h>

enum kind { LIVE, READING, KINDS };

/* What the search has found so far. */
struct search {
	struct found {
		struct client client; /* the first one's */
		unsigned int count;
		char names[256]; /* prefixes of all */
	} found[KINDS];
	struct error trouble; /* with what may be a weir's; "" if none */
};

/* A socket that a killed program left, another DPDK program, a capture that was just done. */
static bool is_no_trouble(int result, const char *prefix)
{
	return result == -ECONNREFUSED || result == -ENOENT ||
	       strncmp(prefix, RUNTIME_READ_PREFIX, strlen(RUNTIME_READ_PREFIX)) == 0;
}

static void try_socket(struct search *search, const char *path, const char *prefix)
{
	struct client client;
	json_t *info = NULL;
	struct error error;
	int result = client_open(&client, path, &error);

	if (result == 0)
		result = client_ask_info(&client, &info, &error);
	if (result != 0) {
		if (!is_no_trouble(result, prefix))
			search->trouble = error;
		client_close(&client);
		return;
	}
	struct found *found = &search->found[client_info_of_captures(info) ? READING : LIVE];
	size_t used = strlen(found->names);

	json_decref(info);
	snprintf(found->names + used, sizeof(found->names) - used, "%s%s", used > 0 ? ", " : "",
		 prefix);
	if (found->count++ == 0)
		found->client = client;
	else
		client_close(&client);
}

/* All telemetry sockets of one prefix: in-memory instances have a number behind the name. */
static void try_prefix(struct search *search, const char *base, const char *prefix)
{
	char path[PATH_MAX];
	const struct dirent *entry;
	int length = snprintf(path, sizeof(path), "%s/dpdk/%s", base, prefix);
	DIR *entries = length < PATH_MAX / 2 ? opendir(path) : NULL;

	if (entries == NULL && errno == EACCES)
		error_set(&search->trouble, EACCES,
			  "%s: is for its owner and the group of a weir's --user; be one of them, "
			  "or root",
			  path);
	while (entries != NULL && (entry = readdir(entries)) != NULL)
		if (strncmp(entry->d_name, RUNTIME_TELEMETRY, strlen(RUNTIME_TELEMETRY)) == 0) {
			snprintf(path + length, sizeof(path) - (size_t)length, "/%s",
				 entry->d_name);
			try_socket(search, path, prefix);
		}
	if (entries != NULL)
		closedir(entries);
}

static int try_base(struct search *search, const char *base, const char *prefix,
		    struct error *error)
{
	int parent = runtime_open_parent(base, error);
	DIR *entries = parent >= 0 ? fdopendir(parent) : NULL;
	const struct dirent *entry;

	if (parent < 0)
		return parent == -ENOENT ? 0 : parent;
	if (entries == NULL) {
		close(parent);
		return error_set(error, ENOMEM, "%s/dpdk: no memory to look at it", base);
	}
	while ((entry = readdir(entries)) != NULL)
		if (prefix == NULL ? entry->d_name[0] != '.' : strcmp(entry->d_name, prefix) == 0)
			try_prefix(search, base, entry->d_name);
	closedir(entries);
	return 0;
}

/*
 * Ours; and where none of ours is, that of services, as far as we may see them: then it does not
 * matter what is wrong with the place of ours.
 */
static int try_all(struct search *search, const char *prefix, struct error *error)
{
	int result = try_base(search, runtime_base(), prefix, error);

	if (search->found[LIVE].count == 0 && strcmp(runtime_base(), RUNTIME_SYSTEM) != 0)
		(void)try_base(search, RUNTIME_SYSTEM, prefix, NULL);
	return search->found[LIVE].count > 0 ? 0 : result;
}

static int conclude(const struct search *search, const struct found *chosen, const char *prefix,
		    struct error *error)
{
	const char *base = runtime_base();

	if (chosen->count == 1)
		return 0;
	if (chosen->count > 1)
		return error_set(error, EEXIST,
				 "several weirs run: %s; choose one by --file-prefix",
				 chosen->names);
	if (search->trouble.text[0] != '\0')
		return error_set(error, EIO, "%s", search->trouble.text);
	if (prefix != NULL)
		return error_set(error, ENOENT,
				 "no weir runs as %s in %s/dpdk; start one, for example: weir "
				 "--file-prefix %s --interface eth0",
				 prefix, base, prefix);
	return error_set(error, ENOENT,
			 "no weir runs in %s/dpdk; start one, for example: weir --interface eth0",
			 base);
}

static int locate(struct client *client, const char *prefix, struct error *error)
{
	struct search search = {.found = {{.client.socket = -1}, {.client.socket = -1}}};
	struct found *chosen;
	int result = try_all(&search, prefix, error);

	chosen = &search.found[search.found[LIVE].count > 0 ? LIVE : READING];
	if (result == 0)
		result = conclude(&search, chosen, prefix, error);
	if (result == 0) {
		*client = chosen->client;
		chosen->client = (struct client){.socket = -1};
	}
	for (int kind = 0; kind < KINDS; kind++)
		client_close(&search.found[kind].client);
	return result;
}

int client_connect(struct client *client, const char *path, const char *prefix, struct error *error)
{
	return path != NULL ? client_open(client, path, error) : locate(client, prefix, error);
}
