/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <weir/output_name.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAD 480

static char directory[] = "/tmp/weir-export-XXXXXX";
static struct bus *bus; /* of the outlet that is open */

void rig_begin(void)
{
	umask(0);
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
}

void rig_end(void)
{
	DIR *entries = opendir(".");

	for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
		if (entry->d_name[0] != '.')
			unlink(entry->d_name);
	closedir(entries);
	cr_assert_eq(rmdir(directory), 0);
}

/* ---- lines ---- */

static size_t put_line(void *context, char *out, const struct flow_view *view)
{
	(void)context;
	return (size_t)sprintf(out, "{\"n\":%u,\"pad\":\"%*s\"}\n", (unsigned int)view->packets[0],
			       PAD, "");
}

static const struct encoder lines = {.message = 65536, .longest = PAD + 64, .record = put_line};

struct rig_settings rig_settings(const char *path)
{
	static const char *const begins[] = {"{\"", NULL};

	return (struct rig_settings){
		.file = {.path = path, .lines = true, .begins = begins},
		.outlet = {.name = path,
			   .what = "things",
			   .queue = OUTLET_BATCHES,
			   .encoder = &lines,
			   .patience = OUTLET_ALWAYS,
			   .ends_with_reader = strcmp(path, OUTPUT_STDOUT) == 0},
	};
}

static int open_outlet(const struct rig_settings *settings, struct outlet **outlet,
		       struct error *error)
{
	struct sender sender;
	int result = file_sender_open(&settings->file, &sender, error);

	*outlet = NULL;
	return result != 0 ? result : outlet_open(&settings->outlet, &sender, outlet, error);
}

struct outlet *rig_open(const struct rig_settings *settings)
{
	struct outlet *outlet;
	struct error error = {0};

	cr_assert_eq(open_outlet(settings, &outlet, &error), 0, "%s", error.text);
	cr_assert_eq(bus_create(&outlet, 1, 0, &bus), 0);
	return outlet;
}

struct outlet *rig_open_to(const struct outlet_settings *settings, const struct sender *sender)
{
	struct outlet *outlet;
	struct error error = {0};

	cr_assert_eq(outlet_open(settings, sender, &outlet, &error), 0, "%s", error.text);
	cr_assert_eq(bus_create(&outlet, 1, 0, &bus), 0);
	return outlet;
}

void rig_refused(const struct rig_settings *settings, int code, const char *words)
{
	struct outlet *outlet;
	struct error error = {0};

	cr_expect_eq(open_outlet(settings, &outlet, &error), -code, "%s", error.text);
	cr_expect_null(outlet);
	cr_expect_not_null(strstr(error.text, words), "%s", error.text);
}

void rig_give(unsigned int number, uint64_t date)
{
	const struct flow_view view = {.packets[0] = number, .last = date};

	while (bus_room(bus) == 0)
		usleep(100);
	bus_record(bus, &view);
}

void rig_flush(void)
{
	while (!bus_flush(bus))
		usleep(100);
}

unsigned int rig_give_many(struct outlet *outlet, unsigned int from, unsigned int to)
{
	struct outlet_ledger before, after;

	outlet_ledger(outlet, &before);
	for (unsigned int number = from; number < to; number++)
		rig_give(number, 0);
	rig_flush();
	outlet_ledger(outlet, &after);
	cr_assert_eq(after.given - before.given, to - from);
	return to - from - (unsigned int)(after.lost_full - before.lost_full);
}

/* ---- the end ---- */

static struct outlet_ledger balanced(struct outlet *outlet)
{
	struct outlet_ledger ledger;

	outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.given,
		     ledger.sent + ledger.waiting + ledger.lost_full + ledger.lost_remote);
	cr_expect_eq(ledger.waiting, 0);
	outlet_free(outlet);
	bus_destroy(bus);
	bus = NULL;
	return ledger;
}

void rig_finish(struct outlet *outlet)
{
	struct error error = {0};

	cr_expect_eq(outlet_finish(outlet, &error), 0, "%s", error.text);
	struct outlet_ledger ledger = balanced(outlet);

	cr_expect_eq(ledger.given, ledger.sent);
}

struct outlet_ledger rig_lost(struct outlet *outlet, int code, const char *words)
{
	struct error error = {0};

	cr_expect_eq(outlet_finish(outlet, &error), -code, "%s", error.text);
	cr_expect_not_null(strstr(error.text, words), "%s", error.text);
	return balanced(outlet);
}

unsigned int rig_read(const char *path, unsigned int from)
{
	FILE *in = fopen(path, "r");
	char line[PAD + 64];
	unsigned int count = 0, number;

	cr_assert_not_null(in, "%s", path);
	for (; fgets(line, sizeof(line), in) != NULL; count++) {
		cr_assert_eq(sscanf(line, "{\"n\":%u,\"pad\":", &number), 1, "%s", line);
		cr_assert_eq(number, from + count);
		cr_assert_str_eq(line + strlen(line) - 4, " \"}\n");
	}
	fclose(in);
	return count;
}

void rig_put_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	cr_assert_not_null(out);
	fputs(text, out);
	fclose(out);
}

void rig_expect_file(const char *path, const char *text)
{
	char content[256] = "";
	FILE *in = fopen(path, "r");

	cr_assert_not_null(in);
	cr_assert_lt(fread(content, 1, sizeof(content) - 1, in), sizeof(content) - 1);
	fclose(in);
	cr_expect_str_eq(content, text);
}

void rig_wait_sent(struct outlet *outlet, uint64_t sent)
{
	struct outlet_ledger ledger = {0};

	for (int tries = 0; tries < 10000 && ledger.sent < sent; tries++) {
		outlet_ledger(outlet, &ledger);
		usleep(1000);
	}
	cr_assert_geq(ledger.sent, sent);
}

void rig_wait_failure(struct outlet *outlet, int code)
{
	struct outlet_ledger ledger = {.failure = -1};

	for (int tries = 0; tries < 20000 && ledger.failure != code; tries++) {
		outlet_ledger(outlet, &ledger);
		usleep(1000);
	}
	cr_assert_eq(ledger.failure, code, "%s", strerror(ledger.failure));
}
