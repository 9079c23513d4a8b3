/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_CAPTURE_LIST_H
#define WEIR_SAVEFILE_CAPTURE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/remarks.h>
#include "track.h"

/* The files behind what was named: directories become what is in them. One thread. */

struct capture_entry {
	char *name;          /* as users know it; owned */
	const char *path;    /* that, or "-" */
	uint64_t begin;      /* key of the first frame; of a pipe, which nobody looks into, 0 */
	unsigned int number; /* as they were named */
	struct track *track; /* owned; NULL: it is not open */
	int held;            /* a descriptor of it, for when it is opened; owned; -1: none */
	bool in_directory;   /* nobody has named it itself */
};

struct capture_list {
	struct capture_entry *entries;
	unsigned int count, room;
};

/*
 * `paths`, with directories replaced by the files in them and in their folders, by name. -ENOMEM
 * and the like.
 */
int capture_list_make(struct capture_list *list, const char *const *paths, unsigned int count,
		      struct error *error);

void capture_list_free(struct capture_list *list);

#endif
