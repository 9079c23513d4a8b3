/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_APP_WEB_ANSWER_H
#define WEIR_APP_WEB_ANSWER_H

#include <stddef.h>

#include "options.h"
#include "request.h"

struct answer {
	unsigned int status; /* of HTTP */
	const char *type;    /* of the content */
	char *body;          /* malloc(); NULL: no memory for it */
	size_t size;
};

/*
 * What a GET is answered: weir is looked for, asked and let go each time, so that it may come and
 * go, and has places for others who ask. Takes two seconds at most for each question that a weir
 * does not answer. Any thread.
 */
void answer_get(const struct web_options *options, const struct request *request,
		struct answer *answer);

/* One line, as all that is no success has it. */
void answer_line(struct answer *answer, unsigned int status, const char *line);

#endif
