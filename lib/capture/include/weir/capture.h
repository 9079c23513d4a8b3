/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURE_H
#define WEIR_CAPTURE_H

#include <stdint.h>

#include <weir/error.h>

/*
 * Frames of a running weir as a pcapng stream, for whoever connects to a UNIX socket beside that of
 * telemetry. A thread of its own takes them from the workers (weir/handover.h); the client writes
 * the file, with its own rights: weir opens none that a client names.
 *
 *	client	one line of NAME=VALUE, of which all may be missing, the last one to the line's end:
 *			count=FRAMES seconds=REAL snap=OCTETS filter=EXPRESSION
 *	weir	a pcapng section: an interface for each port; from then on all that comes in and
 *		matches; and at the end, also when the client shuts down its sending side, what was
 *		lost. Or "error: WHAT" as a line in its place
 *
 * A client that is too slow loses frames, never weir. What it lost stands in the statistics blocks
 * (isb_ifdrop), beside what matched (isb_filteraccept) and what is in the stream (isb_usrdeliv).
 */

#define CAPTURE_CLIENTS_MAX 8

struct handover;
struct port_fields;

struct capture_interface {
	uint16_t port;
	const char *name, *description;
};

struct capture_settings {
	const char *directory; /* where the socket shall be; nobody else may write there */
	struct handover *const *handovers; /* of each worker */
	uint32_t worker_count;
	const struct capture_interface *interfaces; /* of each port */
	uint32_t interface_count;
	const struct port_fields *fields;
};

struct capture;

/*
 * Listen. All that `settings` points to but the directory outlives it. 0, or negative errno with
 * the line. Main thread.
 */
int capture_start(const struct capture_settings *settings, struct capture **capture,
		  struct error *error);

/* The name of the socket in the directory: RUNTIME_CAPTURE, or with a number behind it. */
const char *capture_socket(const struct capture *capture);

/* End all streams, each with its statistics, within a second. After the workers have left. */
void capture_stop(struct capture *capture);

#endif
