/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_REMARKS_H
#define WEIR_REMARKS_H

/*
 * Sentences for the report about captures: as many as there are, so that each file can have its
 * own. All 0 is an empty list. One thread.
 */
struct remarks {
	char **text; /* owned, as are the sentences */
	unsigned int count, room;
};

/* The last one says that more are left out. What finds no memory is missing. */
#define REMARKS_MAX 10000

void remarks_add(struct remarks *remarks, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void remarks_free(struct remarks *remarks);

#endif
