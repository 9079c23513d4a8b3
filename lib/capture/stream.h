/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURE_STREAM_H
#define WEIR_CAPTURE_STREAM_H

#include <stdbool.h>

#include <weir/capture.h>
#include <weir/handover.h>

#include "request.h"

/*
 * The pcapng of one client: a buffer of 4 MiB, filled as frames come and emptied as its socket
 * takes it. What finds no room is lost and counted. The capture thread's alone.
 */
struct stream;

/* Begins with the section and its interfaces. NULL: no memory. */
struct stream *stream_create(const struct capture_settings *settings,
			     const struct request *request);
void stream_destroy(struct stream *stream);

/* One more frame, or it is lost; nothing, when there are as many as were asked for. */
void stream_add(struct stream *stream, const struct handover_frame *frame);
bool stream_has_all(const struct stream *stream);

/* End with the statistics. `lost`: of each interface, how many did not come here. */
void stream_end(struct stream *stream, const uint64_t *lost);

/*
 * Send what `socket` takes now. 1: more waits for it; 0: all is sent; or negative errno: there is
 * nobody to send to.
 */
int stream_send(struct stream *stream, int socket);

#endif
