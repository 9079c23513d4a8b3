/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAD 480

static char directory[] = "/tmp/weir-export-XXXXXX";

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

struct outlet_settings rig_settings(const char *path)
{
	static const char *const begins[] = {"{\"", NULL};

	return (struct outlet_settings){.path = path,
					.what = "things",
					.lines = true,
					.begins = begins,
					.patience = OUTLET_ALWAYS};
}

struct outlet *rig_open(const struct outlet_settings *settings)
{
	struct outlet *outlet;
	struct error error = {0};

	cr_assert_eq(outlet_open(settings, &outlet, &error), 0, "%s", error.text);
	return outlet;
}

void rig_refused(const struct outlet_settings *settings, int code, const char *words)
{
	struct outlet *outlet;
	struct error error = {0};

	cr_expect_eq(outlet_open(settings, &outlet, &error), -code, "%s", error.text);
	cr_expect_null(outlet);
	cr_expect_not_null(strstr(error.text, words), "%s", error.text);
}

bool rig_give(struct outlet *outlet, unsigned int number, uint64_t date)
{
	char *room = outlet_room(outlet, PAD + 64, date);

	if (room == NULL)
		return false;
	outlet_added(outlet,
		     (size_t)sprintf(room, "{\"n\":%u,\"pad\":\"%*s\"}\n", number, PAD, ""));
	return true;
}

unsigned int rig_give_many(struct outlet *outlet, unsigned int from, unsigned int to)
{
	unsigned int taken = 0;

	for (unsigned int number = from; number < to; number++)
		taken += rig_give(outlet, number, 0);
	return taken;
}

static struct outlet_ledger balanced(struct outlet *outlet)
{
	struct outlet_ledger ledger;

	outlet_ledger(outlet, &ledger);
	cr_expect_eq(ledger.given,
		     ledger.sent + ledger.waiting + ledger.lost_full + ledger.lost_remote);
	cr_expect_eq(ledger.waiting, 0);
	outlet_free(outlet);
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
