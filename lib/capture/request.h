/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_CAPTURE_REQUEST_H
#define WEIR_CAPTURE_REQUEST_H

#include <stdint.h>

#include <weir/error.h>

/* What a client asks for in its line, see weir/capture.h. */
struct request {
	const char *filter; /* in the line; NULL: all frames */
	uint32_t snap;      /* octets of a frame */
	uint64_t count;     /* frames; UINT64_MAX: no end */
	uint64_t duration;  /* ns; UINT64_MAX: no end */
};

#define REQUEST_BYTES_MAX 65536

/* `line`, without its newline, is changed. 0, or -EINVAL with the line for the client. */
int request_parse(char *line, struct request *request, struct error *error);

#endif
