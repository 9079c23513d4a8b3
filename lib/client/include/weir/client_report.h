/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CLIENT_REPORT_H
#define WEIR_CLIENT_REPORT_H

#include <weir/client.h>

enum report_depth {
	REPORT_STATISTICS, /* what <weir/statistics.h> lists, when weir was `started`, and no more
			    */
	REPORT_WHOLE       /* as weir prints it */
};

/*
 * The report of a running weir (docs/interface.md, "The JSON report") from what the commands of its
 * socket answer, as they spell it, and all of it from one snapshot unless snapshots come faster
 * than it can ask. A new reference in *report; 0, or negative errno with the line.
 */
int report_ask(struct client *client, enum report_depth depth, json_t **report,
	       struct error *error);

#endif
