/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_REQUEST_H
#define WEIR_APP_WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <weir/error.h>
#include <weir/metrics.h>

/* What a client asks for, and what is read from that. Pure. */

#define REQUEST_PARAMETERS_MAX 8

struct request {
	const char *path;          /* decoded */
	const char *host, *accept; /* header fields; NULL: not there */
	struct request_parameter {
		const char *name, *value; /* decoded; value NULL: none */
	} parameters[REQUEST_PARAMETERS_MAX];
	unsigned int parameter_count;
};

/*
 * Is it us who is asked for? A page of somebody else whose name leads here (DNS rebinding) says
 * that name. An address is nobody's name; "localhost", the host's own name and `names` are ours.
 */
bool request_is_for_us(const struct request *request, const char *const *names, unsigned int count);

/* What the client would rather have. */
enum metrics_format request_format(const struct request *request);

#define REQUEST_API "/api/v1/"

/*
 * The question to weir's socket for "/api/v1/top?dimension=source&count=5": "/weir/top,source,5".
 * Parameters are called as in the table of commands. 0, or negative errno with the line: -ENOENT,
 * there is no such thing; -EPERM, it changes weir; -EINVAL, wrong parameters.
 */
int request_question(const struct request *request, char *out, size_t size, struct error *error);

#endif
