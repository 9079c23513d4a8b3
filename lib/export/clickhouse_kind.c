/* SPDX-License-Identifier: BSD-3-Clause */
/* clickhouse+http://HOST/DATABASE.TABLE, and https. */
#include "kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <weir/clock.h>

#include "clickhouse_sender.h"
#include "exporter.h"

struct settings {
	struct export_common common;
	uint64_t linger, timeout;
	const char *exporter, *user, *password_file, *ca;
	bool create, verify;
	uint32_t ttl;
};

/* Its first line. A password stands in no URL, which lists of processes and reports show. */
static int read_password(const char *path, char *password, size_t size, struct error *error)
{
	FILE *file = fopen(path, "re");
	int failure;
	bool got;

	if (file == NULL)
		return error_set(error, errno, "password-file=%s: %s; name another file", path,
				 strerror(errno));
	got = fgets(password, (int)size, file) != NULL;
	failure = ferror(file) ? errno : 0;
	fclose(file);
	if (failure != 0)
		return error_set(error, failure, "password-file=%s: %s; name another file", path,
				 strerror(failure));
	if (!got)
		return error_set(error, EINVAL,
				 "password-file=%s: there is nothing in it; write "
				 "the password there",
				 path);
	password[strcspn(password, "\r\n")] = '\0';
	return 0;
}

static void make_base(const struct export_url *url, char *base, size_t size)
{
	bool literal = strchr(url->hosts[0].name, ':') != NULL;

	snprintf(base, size, literal ? "%s://[%s]:%u/" : "%s://%s:%u/", url->transport,
		 url->hosts[0].name, url->hosts[0].port);
}

static int open_clickhouse(const struct export_url *url, const void *given,
			   const struct export_environment *environment, struct export_parts *parts,
			   struct error *error)
{
	const struct settings *settings = given;
	char base[512], password[256];
	struct clickhouse_settings all = {
		.http = {.base = base,
			 .name = parts->name,
			 .user = settings->user,
			 .password = settings->password_file != NULL ? password : NULL,
			 .ca = settings->ca,
			 .verify = settings->verify,
			 .timeout = settings->timeout},
		.rows = settings->common.buffer / 2, /* as many come while those are on their way */
		.create = settings->create,
		.ttl = settings->ttl,
	};
	int result = exporter_name(all.exporter, settings->exporter, error);

	(void)environment;
	make_base(url, base, sizeof(base));
	if (strcmp(url->transport, "http") == 0 && (settings->ca != NULL || !settings->verify))
		return error_set(error, EINVAL,
				 "ca= and verify=no are of TLS, and %s is not encrypted; use "
				 "clickhouse+https, or leave them out",
				 url->scheme);
	if (result == 0)
		result = clickhouse_place(url->path, &all.place, error);
	if (result == 0 && settings->password_file != NULL)
		result = read_password(settings->password_file, password, sizeof(password), error);
	if (result == 0)
		result = clickhouse_sender_open(&all, &parts->encoder, &parts->sender, error);
	parts->linger = settings->linger;
	return result;
}

static const struct option_choice yes_or_no[] = {{"yes", true}, {"no", false}, {0}};

/* clang-format off */
static const struct option_row rows[] = {
	{"buffer", "N", "flow records that may wait; half of them make one INSERT",
		.type = OPTION_NUMBER, OPTION_INTO(struct export_common, buffer),
		.low = 1024, .high = 4194304, .usual = "131072"},
	{"linger", "SECONDS", "how long records wait for others to be inserted with",
		.type = OPTION_SECONDS, OPTION_INTO(struct settings, linger),
		.low = CLOCK_MILLISECOND, .high = 60 * CLOCK_SECOND, .usual = "1"},
	EXPORTER_ROW(struct settings, exporter),
	{"create", NULL, "make the table, if it is not there",
		.type = OPTION_CHOICE, OPTION_INTO(struct settings, create),
		.choices = yes_or_no, .usual = "no"},
	{"ttl", "DAYS", "of a table that is made: rows that are older are deleted",
		.type = OPTION_NUMBER, OPTION_INTO(struct settings, ttl), .low = 1, .high = 36500},
	{"user", "NAME", "of ClickHouse",
		.type = OPTION_TEXT, OPTION_INTO(struct settings, user)},
	{"password-file", "FILE", "its first line is the user's password",
		.type = OPTION_TEXT, OPTION_INTO(struct settings, password_file)},
	{"timeout", "SECONDS", "how long the server may take to answer",
		.type = OPTION_SECONDS, OPTION_INTO(struct settings, timeout),
		.low = 100 * CLOCK_MILLISECOND, .high = 3600 * CLOCK_SECOND, .usual = "30"},
	{"ca", "FILE", "https: certificates that are trusted, instead of the system's",
		.type = OPTION_TEXT, OPTION_INTO(struct settings, ca)},
	{"verify", NULL, "https: \"no\" sends to whoever answers",
		.type = OPTION_CHOICE, OPTION_INTO(struct settings, verify),
		.choices = yes_or_no, .usual = "yes"},
};
/* clang-format on */

static const char *const schemes[] = {"clickhouse+http", "clickhouse+https", NULL};

const struct export_kind clickhouse_kind = {
	.schemes = schemes,
	.what = "rows of a table of ClickHouse",
	.port = 8123,
	.hosts = 1,
	.path = "DATABASE.TABLE",
	.settings = {.rows = rows,
		     .count = sizeof(rows) / sizeof(rows[0]),
		     .size = sizeof(struct settings)},
	.open = open_clickhouse,
};
