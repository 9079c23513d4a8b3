/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_CTL_FOLLOW_H
#define WEIR_APP_CTL_FOLLOW_H

#include <weir/client.h>
#include <weir/error.h>

/*
 * `weirctl flows --follow`: each record that ends from now on, as a line of JSON, until weir ends
 * or signals_stop(). What was lost because they were not taken fast enough is said on standard
 * error. `client`, which is closed, knows weir. A reader of standard output that goes away ends the
 * process as that ends programs. 0, or negative errno with the line.
 */
int follow_run(struct client *client, struct error *error);

#endif
