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

#define REMARKS_MAX                                                                                \
	10000 /* the last one says that more are left out; so is what finds no memory              \
	       */

void remarks_add(struct remarks *remarks, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void remarks_free(struct remarks *remarks);

#endif
