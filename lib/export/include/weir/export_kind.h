/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_KIND_H
#define WEIR_EXPORT_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/encoder.h>
#include <weir/error.h>
#include <weir/export_url.h>
#include <weir/options.h>
#include <weir/sender.h>

/*
 * The kinds of outlets that `--export URL` makes: each is one const struct in a file of its own,
 * and one line in the array in kinds.c.
 */

struct export_facts;

/* What an outlet may know of the weir that it is part of. */
struct export_environment {
	bool capture;          /* captures are read, which wait for outlets; else frames are live */
	const char *directory; /* the runtime directory; NULL: there is none */
	/* What option records tell, as it is now. Any thread, at any time. NULL: nothing. */
	void (*facts)(void *context, struct export_facts *facts);
	void *facts_context;
};

#define EXPORT_NAME_MAX 256

/* What an outlet is put together of. Encoder and sender are for outlet_open(), which takes both. */
struct export_parts {
	struct encoder encoder;
	struct sender sender;
	uint64_t linger, period; /* for struct outlet_settings */
	uint32_t
		buffer; /* records that may wait: EXPORT_BUFFER_ROW. Of all parts export_open()'s */
	char socket[64]; /* of a server, in the environment's directory: what its socket is called
			  */
	char name[EXPORT_NAME_MAX]; /* the URL without its settings. export_open()'s, too */
};

struct export_kind {
	const char *const *schemes; /* NULL-ended: "ipfix+udp", ... */
	const char *what;           /* half a sentence for people: "IPFIX (RFC 7011)" */
	uint16_t port;              /* where the URL has none; 0: it must have one */
	uint32_t hosts;             /* at most so many; 0: none */
	const char *path;           /* what the path is: "TOPIC"; NULL: there is none */
	const char *missing; /* weir was built without this library; NULL: nothing is missing */
	/*
	 * What may stand behind the "?": rows of weir/options.h (no lists, no files), the first one
	 * EXPORT_BUFFER_ROW, and the size of the struct that they fill.
	 */
	struct option_table settings;
	/*
	 * Make both of the parts. Nothing is waited for here: whoever is at the other end is looked
	 * for by the sender, on the outlet's thread, which has no capabilities then; what rights
	 * are needed for (a key, a certificate) is read now. URL and `settings` are gone
	 * afterwards. 0, or negative errno with the line, which the URL is no part of: -EINVAL: it
	 * is wrong. Main thread.
	 */
	int (*open)(const struct export_url *url, const void *settings,
		    const struct export_environment *environment, struct export_parts *parts,
		    struct error *error);
};

extern const struct export_kind *const export_kinds[]; /* NULL-ended */

/* Of all kinds: the first member of the struct that their rows fill, and the first row. */
struct export_common {
	uint32_t buffer; /* records */
};
/* clang-format off */
#define EXPORT_BUFFER_ROW                                                                          \
	{"buffer", "N", "flow records that may wait, in memory taken at the start",                \
		.type = OPTION_NUMBER, OPTION_INTO(struct export_common, buffer),                  \
		.low = 512, .high = 4194304, .usual = "16384"}
/* clang-format on */

/*
 * What a URL says, as far as that can be known without opening anything: 0, or negative errno with
 * the line, which begins with "--export URL: ".
 */
int export_check(const char *text, struct error *error);

/* The parts of the outlet that it means. 0, or negative errno with such a line. Main thread. */
int export_open(const char *text, const struct export_environment *environment,
		struct export_parts *parts, struct error *error);

#endif
