/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PRINT_EXPOSITION_H
#define WEIR_PRINT_EXPOSITION_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include <weir/metrics.h>

/*
 * The text that Prometheus reads: families one after the other, each with what it is and its
 * samples. Both formats differ in how a counter's family is called, what is escaped, UNIT and EOF.
 */

struct family {
	const char *name; /* without what samples have behind it: "_total", "_bucket", ... */
	const char *type; /* "counter", "gauge", "histogram" or "info" */
	const char *unit; /* said where the name ends in it; NULL: none */
	const char *help;
};

/* {port="eth0",queue="1"} as far as it is written; in "" none. */
struct labels {
	char text[1280]; /* three of the longest text of the socket, all of it escaped */
	size_t used;
};

struct exposition {
	FILE *out;
	enum metrics_format format;
	const struct family *family; /* whose samples come */
	bool said;                   /* what it is */
};

void labels_add(struct labels *labels, const char *name, const char *value);

/* The family of the samples that follow; without any it is not mentioned. */
void exposition_begin(struct exposition *exposition, const struct family *family);

/*
 * A sample: `suffix` stands behind the family's name. A counter's "_total" and the info's "_info"
 * are added here. `value`: a number, true or false; anything else is no sample.
 */
void exposition_add(struct exposition *exposition, const char *suffix, const struct labels *labels,
		    const json_t *value);

/* Nothing follows. */
void exposition_end(struct exposition *exposition);

#endif
