/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEIR_IDENTITY_H
#define WEIR_APP_WEIR_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include <weir/error.h>

/*
 * --user: whom weir becomes once its ports are open. Files that it writes are that user's from the
 * start, and members of the user's group may ask weir. Main thread.
 */
struct identity {
	const char *name; /* NULL: weir stays who it is, and nothing below does anything */
	uid_t user;
	gid_t group;
};

/*
 * Look `name` up (NULL: not given), and let capabilities outlive the change: before there are
 * other threads. 0, or -EINVAL or -EPERM with the line.
 */
int identity_find(struct identity *identity, const char *name, struct error *error);

/* From now on files are opened and made as that user; or, with false, as before. */
void identity_write_as(const struct identity *identity, bool on);

/*
 * Become the user, in all threads and for good, and let its group ask at the sockets in `directory`
 * ("": there is none): see runtime_share(). Capabilities stay permitted, and none is in force. 0,
 * or negative errno with the line.
 */
int identity_become(const struct identity *identity, const char *directory, struct error *error);

#endif
