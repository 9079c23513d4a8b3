/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_TEMPLATE_ENCODER_H
#define WEIR_EXPORT_TEMPLATE_ENCODER_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/encoder.h>
#include <weir/error.h>
#include <weir/export_facts.h>

#include "flow_template.h"

/*
 * What IPFIX (RFC 7011) and NetFlow v9 (RFC 3954) have in common: messages with a header, in them
 * sets, in these templates, the records that they describe, and option records about the exporter.
 *
 *	first, and again by time: an announcement: templates and what does not change
 *	then:                     flow records, and from time to time statistics
 *	at the end:               statistics
 *
 * In what they differ is a struct dialect. All of it on the outlet's thread.
 */

struct template_settings {
	uint32_t domain;          /* observation domain, or source id */
	uint32_t interface;       /* ingressInterface of all records: collectors want one */
	uint32_t sampling;        /* one in so many; 0: what weir knows */
	uint32_t message;         /* octets of one, at most; at least TEMPLATE_MESSAGE_LEAST */
	uint32_t refresh;         /* s after which all that describes is said again ... */
	uint32_t refresh_packets; /* ... and messages after which templates are; 0: by time alone */
	uint32_t statistics;      /* s between statistics */
	bool datagrams;           /* numbers go on over connections: readers know none */
	bool capture;             /* records are of any time, not of now */
	void (*facts)(void *context, struct export_facts *facts); /* NULL: nothing is known */
	void *facts_context;
};
/* The least path MTU of IPv4 less its headers; every part of an announcement fits. */
#define TEMPLATE_MESSAGE_LEAST 512

struct flow_totals {
	uint64_t records; /* data records */
	uint64_t packets, octets;
};

struct template_encoder {
	struct template_settings settings;
	const struct dialect *dialect;

	/* The message in hand. */
	char *message;
	char *set; /* the set that is open in it; NULL: none */
	unsigned int shape;
	uint32_t records;      /* of all kinds */
	uint32_t data_records; /* of these, those that are no templates */
	size_t size;
	struct flow_totals flows;
	uint64_t date;   /* of the message, ms since 1970 */
	uint64_t boot;   /* that times are relative to, ms since 1970; NetFlow v9 */
	uint64_t newest; /* time in it, ms since 1970; likewise */

	/* What has left. */
	uint32_t numbers;  /* those of the message in hand */
	uint32_t sequence; /* since the connection was made */
	uint64_t messages, octets;
	struct flow_totals sent, lost;

	/* What is to be said: parts [next, until) are due. */
	uint32_t next, until;
	uint64_t now; /* the clock, ns */
	uint64_t announced;
	uint64_t since_templates; /* messages made, whether they left or not */
	uint64_t told;            /* statistics */
	bool told_last;           /* ... after which nothing comes */
};

struct dialect {
	enum flow_form form;
	uint16_t first_template; /* ids of the shapes' templates: from here on */
	uint16_t header, align;  /* octets; sets end at multiples */
	uint16_t template_set;
	/* Parts of an announcement; where the shapes' templates are among them, and how many in all
	 * are to be said again more often: [templates, shapes + FLOW_SHAPE_COUNT). */
	uint32_t parts, templates, shapes;

	/* Each puts octets where there is room and returns what is behind them. */
	char *(*header_put)(struct template_encoder *encoder, char *out);
	char *(*specifiers)(char *out, const struct field_specifier *fields, unsigned int count);
	char *(*record)(struct template_encoder *encoder, char *out, unsigned int shape,
			const struct flow_view *view);
	/* A part, but for the shapes' templates: one whole set. */
	char *(*part)(struct template_encoder *encoder, char *out, uint32_t part);
	/* The record of statistics, a whole set. */
	char *(*statistics)(struct template_encoder *encoder, char *out,
			    const struct outlet *outlet);
	uint32_t (*number)(const struct template_encoder *encoder); /* the message adds so much */
};

/* An encoder of this dialect; closing it frees it. 0 or -ENOMEM with the line. */
int template_encoder_open(const struct dialect *dialect, const struct template_settings *settings,
			  struct encoder *encoder, struct error *error);

/* ---- for dialects ---- */

/* What outlets tell of weir; if nothing is known, all 0. */
void template_facts(const struct template_encoder *encoder, struct export_facts *facts);

/* Of so many packets one is counted. */
uint32_t template_sampling(const struct template_encoder *encoder);

/* A set begins; what is put behind the result belongs to it. `out` stays its beginning. */
char *template_set_begin(char *out, uint16_t id);

/* The set that began at `set` ends at `out`. Returns what is behind it. */
char *template_set_end(const struct template_encoder *encoder, char *set, char *out);

#endif
