/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_URL_H
#define WEIR_EXPORT_URL_H

#include <stdint.h>

#include <weir/error.h>

/*
 * Where records go, as people write it:
 *
 *	SCHEME:[//HOST[:PORT][,HOST[:PORT]...]][/PATH][?NAME=VALUE[&NAME=VALUE...]]
 *
 * An IPv6 address stands in brackets; %XX is an octet of path, values and a bracket's zone. Which
 * schemes there are, and what they take, is not known here: weir/export_kind.h.
 */

#define EXPORT_HOSTS_MAX    16
#define EXPORT_SETTINGS_MAX 32
#define EXPORT_URL_MAX      2048 /* octets of its text */

struct export_host {
	const char *name; /* without brackets */
	uint16_t port;    /* 0: none is given */
};

struct export_setting {
	const char *name, *value;
};

/* Texts are pieces of `text`, decoded. */
struct export_url {
	const char *scheme;    /* "ipfix+udp" */
	const char *transport; /* what stands behind its "+"; "": nothing does */
	struct export_host hosts[EXPORT_HOSTS_MAX];
	uint32_t host_count;
	const char *path; /* without the slash in front of it; "": none */
	struct export_setting settings[EXPORT_SETTINGS_MAX];
	uint32_t setting_count;
	char text[EXPORT_URL_MAX];
};

/* 0, or -EINVAL with the line: what is wrong, what to do. Of that the URL itself is no part. */
int export_url_parse(const char *text, struct export_url *url, struct error *error);

#endif
