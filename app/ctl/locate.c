/* SPDX-License-Identifier: BSD-3-Clause */
#include "locate.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where DPDK's EAL puts its sockets: see eal_create_runtime_dir(). */
static const char *runtime_directory(void)
{
	const char *service = getenv("RUNTIME_DIRECTORY"), *user = getenv("XDG_RUNTIME_DIR");

	if (service != NULL && service[0] != '\0')
		return service;
	if (getuid() == 0)
		return "/var/run";
	return user != NULL ? user : "/tmp";
}

static void prefix_of(char *out, size_t size, const char *path)
{
	const char *end = strrchr(path, '/'), *start = end;

	while (start > path && start[-1] != '/')
		start--;
	snprintf(out, size, "%.*s", (int)(end - start), start);
}

/* What the search has found so far. */
struct search {
	struct client client; /* the first weir */
	unsigned int found;
	char names[256];      /* prefixes of all */
	struct error trouble; /* with a socket that may be a weir's; "" if none */
};

static void try_socket(struct search *search, const char *path)
{
	struct client client;
	json_t *info = NULL;
	char name[64];
	struct error error;
	int result = client_open(&client, path, &error);

	if (result == 0)
		result = client_ask(&client, "/weir/info", &info, &error);
	/* A socket that a killed program left and another DPDK program are no trouble. */
	if (result != 0 && result != -ECONNREFUSED && result != -ENOENT)
		search->trouble = error;
	if (result != 0) {
		client_close(&client);
		return;
	}
	json_decref(info);
	prefix_of(name, sizeof(name), path);
	size_t used = strlen(search->names);

	snprintf(search->names + used, sizeof(search->names) - used, "%s%s", used > 0 ? ", " : "",
		 name);
	if (search->found++ == 0)
		search->client = client;
	else
		client_close(&client);
}

static int conclude(const struct search *search, const char *prefix, struct error *error)
{
	const char *directory = runtime_directory();

	if (search->found == 1)
		return 0;
	if (search->found > 1)
		return error_set(error, EEXIST,
				 "several weirs run: %s; choose one by --file-prefix",
				 search->names);
	if (search->trouble.text[0] != '\0')
		return error_set(error, EIO, "%s", search->trouble.text);
	if (prefix != NULL)
		return error_set(error, ENOENT,
				 "no weir runs as %s in %s/dpdk; start one, for example: weir "
				 "--file-prefix %s --interface eth0",
				 prefix, directory, prefix);
	return error_set(error, ENOENT,
			 "no weir runs in %s/dpdk; start one, for example: weir --interface eth0",
			 directory);
}

int locate(struct client *client, const char *prefix, struct error *error)
{
	struct search search = {.client.socket = -1};
	char pattern[512];
	glob_t sockets;

	/* In-memory instances of one prefix have a number behind the name. */
	snprintf(pattern, sizeof(pattern), "%s/dpdk/%s/dpdk_telemetry.v2*", runtime_directory(),
		 prefix != NULL ? prefix : "*");
	if (glob(pattern, 0, NULL, &sockets) == 0) {
		for (size_t i = 0; i < sockets.gl_pathc; i++)
			try_socket(&search, sockets.gl_pathv[i]);
		globfree(&sockets);
	}
	int result = conclude(&search, prefix, error);

	if (result != 0)
		client_close(&search.client);
	else
		*client = search.client;
	return result;
}
