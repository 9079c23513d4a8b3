/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_FLOW_MIRROR_H
#define WEIR_TESTS_UNIT_FLOW_MIRROR_H

#include <weir/flow.h>

/*
 * Extensions for tests, one of each kind. They count by themselves what the record counts, too: so
 * at every moment that a reader can see, the lines agree with the record that they belong to.
 */
#define MIRROR_EXTENSIONS                                                                          \
	{                                                                                          \
		&mirror_first, &mirror_flow, &mirror_record                                        \
	}
extern const struct flow_extension mirror_first;  /* begin() alone: of the first packet */
extern const struct flow_extension mirror_flow;   /* both: the record, and those before it */
extern const struct flow_extension mirror_record; /* packet() alone */

/* What does not agree in a record of a table with MIRROR_EXTENSIONS; NULL: all does. */
const char *mirror_wrong(const struct flow_view *view);

/* Packets in the records that this one goes on with. */
uint64_t mirror_before(const struct flow_view *view);

#endif
