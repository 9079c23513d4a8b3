/* SPDX-License-Identifier: BSD-3-Clause */
#include "show.h"

#include <stdlib.h>
#include <string.h>

#include <weir/clock.h>
#include <weir/format.h>

/* What is not shown is said, and how to see it. */
static void more(struct printer *printer, const json_t *answer, const char *what, bool offset)
{
	uint64_t total = print_count(answer, "total"), shown = print_count(answer, "shown");
	uint64_t next = print_count(answer, "offset") + shown;
	char a[32], b[32];

	if (shown >= total)
		return;
	fprintf(printer->out, "\n%s of %s %s", format_count(a, sizeof(a), shown),
		format_count(b, sizeof(b), total), what);
	if (offset && shown > 0 && next < total)
		fprintf(printer->out, "; they go on at offset %llu", (unsigned long long)next);
	fputc('\n', printer->out);
}

static void show_info(struct printer *printer, const json_t *answer)
{
	print_info(printer, answer);
	more(printer, answer, "sources", false);
}

/* The report ends with the sentence as one line; on a terminal it takes as many as it needs. */
static void show_sentence(struct printer *printer, const json_t *answer)
{
	static const char label[] = "Ledger: ";
	char *sentence = NULL;
	size_t size;
	struct printer line = {.out = open_memstream(&sentence, &size)};

	if (line.out == NULL) {
		printer->failed = true;
		return;
	}
	print_ledger_sentence(&line, answer);
	if (fclose(line.out) != 0 || sentence == NULL) {
		printer->failed = true;
		return;
	}
	sentence[strcspn(sentence, "\n")] = '\0';
	print_pairs(printer,
		    (const char *const[][2]){{"Ledger", sentence + strlen(label)}, {NULL}});
	free(sentence);
}

static void show_ledger(struct printer *printer, const json_t *answer)
{
	print_ledger(printer, answer);
	fputc('\n', printer->out);
	show_sentence(printer, answer);
}

static void show_throughput(struct printer *printer, const json_t *answer)
{
	print_throughput(printer, answer);
	more(printer, answer, "entries of the history", false);
}

static void show_flows(struct printer *printer, const json_t *answer)
{
	const json_t *flows = json_object_get(answer, "flows");
	uint64_t unread = print_count(answer, "unread");
	char text[32];

	if (flows == NULL) {
		print_flow_counters(printer, answer);
		return;
	}
	print_live_flows(printer, flows);
	if (unread > 0)
		fprintf(printer->out, "%s more could not be read: a worker had lost its CPU.\n",
			format_count(text, sizeof(text), unread));
	more(printer, answer, "live flows", true);
}

static void show_prefilter_rules(struct printer *printer, const json_t *answer)
{
	print_prefilter_rules(printer, answer);
	more(printer, answer, "rules", true);
}

static void show_prefilter_counters(struct printer *printer, const json_t *answer)
{
	uint64_t gone = print_count(answer, "gone_packets");
	char text[32];

	print_prefilter(printer, answer);
	fputc('\n', printer->out);
	print_prefilter_counters(printer, answer);
	if (gone > 0)
		fprintf(printer->out, "\nRules that are no longer in force matched %s frames.\n",
			format_count(text, sizeof(text), gone));
	more(printer, answer, "rules", true);
}

static void show_prefilter_change(struct printer *printer, const json_t *answer)
{
	fprintf(printer->out, "%llu rules are in force.\n",
		(unsigned long long)print_count(answer, "rules"));
}

static void show_overflow(struct printer *printer, const json_t *answer)
{
	print_overflow(printer, answer);
	more(printer, answer, "networks", true);
}

static void show_workers(struct printer *printer, const json_t *answer)
{
	print_workers(printer, json_object_get(answer, "workers"));
	more(printer, answer, "workers", true);
}

static void show_ports(struct printer *printer, const json_t *answer)
{
	print_ports(printer, json_object_get(answer, "ports"));
	more(printer, answer, "ports", true);
}

static void show_export(struct printer *printer, const json_t *answer)
{
	print_outputs(printer, json_object_get(answer, "outputs"));
	more(printer, answer, "outputs", true);
}

static void show_events(struct printer *printer, const json_t *answer)
{
	uint64_t lost = print_count(answer, "lost");
	char text[32];

	if (print_count(answer, "total") == 0)
		fputs("Nothing has happened to the ports since the start.\n", printer->out);
	else
		print_events(printer, json_object_get(answer, "events"));
	more(printer, answer, "events", true);
	if (lost > 0)
		fprintf(printer->out, "\n%s older ones are no longer kept.\n",
			format_count(text, sizeof(text), lost));
}

/* By weirctl's words. What is not here is shown as JSON. */
static const struct {
	const char *word, *verb;
	void (*print)(struct printer *printer, const json_t *answer);
} shows[] = {
	{"info", NULL, show_info},
	{"ledger", NULL, show_ledger},
	{"throughput", NULL, show_throughput},
	{"sizes", NULL, print_sizes},
	{"top", NULL, print_top},
	{"flows", NULL, show_flows},
	{"overflow", NULL, show_overflow},
	{"workers", NULL, show_workers},
	{"ports", NULL, show_ports},
	{"export", NULL, show_export},
	{"events", NULL, show_events},
	{"report", NULL, print_report},
	{"prefilter", "show", show_prefilter_rules},
	{"prefilter", "counters", show_prefilter_counters},
	{"prefilter", "add", show_prefilter_change},
	{"prefilter", "del", show_prefilter_change},
	{"prefilter", "replace", show_prefilter_change},
};

static bool is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* When the numbers are old, behind every table. */
static void show_age(struct printer *printer, const json_t *answer)
{
	uint64_t age = print_count(answer, "age_ms");
	char text[32];

	if (age > 0)
		fprintf(printer->out,
			"\nWarning: these numbers are %s old: the statistics of weir are stuck, or "
			"cannot keep up.\n",
			format_duration(text, sizeof(text), age * CLOCK_MILLISECOND));
}

bool show_answer(struct printer *printer, const struct question *question, const json_t *answer)
{
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
		if (!is_same(shows[i].word, question->command->word) ||
		    !is_same(shows[i].verb, question->verb))
			continue;
		shows[i].print(printer, answer);
		show_age(printer, answer);
		return true;
	}
	return false;
}
