/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/commands.h>

#include <string.h>

#include <weir/dimensions.h>

#define NUMBER(least, most) .type = COMMAND_NUMBER, .low = (least), .high = (most)
#define CHOICE(names, count)                                                                       \
	.type = COMMAND_CHOICE, .choices = stats_##names##_names, .choice_count = (count)

#define TEXT(number)  #number
#define USUAL(number) .usual = TEXT(number)

/* A part of a list: so many from the one at an offset on. */
#define PAGE                                                                                       \
	{"offset", NUMBER(0, INT64_MAX), .usual = "0"},                                            \
	{                                                                                          \
		"count", NUMBER(1, COMMAND_ENTRIES_MAX), USUAL(COMMAND_ENTRIES_MAX),               \
			.together = true,                                                          \
			.complaint = "the count is missing; OFFSET,COUNT are both needed"          \
	}

static const struct command commands[] = {
	{"/weir/info", "info", .help = "version, source, start and settings"},
	{"/weir/ledger", "ledger", .help = "where every received frame went"},
	{"/weir/throughput", "throughput",
	 .help = "rates now, on average, and each of the last SECONDS",
	 .arguments = {{"seconds", NUMBER(1, COMMAND_SECONDS_MAX), .usual = "60", .typed = "10"},
		       {"offset", NUMBER(0, COMMAND_SECONDS_MAX), .usual = "0"}}},
	{"/weir/sizes", "sizes", .help = "frame sizes with FCS"},
	{"/weir/top", "top", .help = "a top list",
	 .arguments = {{"dimension", CHOICE(dimension, STATS_DIMENSIONS), .typed = "source",
			.needed = true},
		       {"count", NUMBER(1, COMMAND_ENTRIES_MAX), .usual = "10"},
		       {"metric", CHOICE(metric, STATS_METRICS), .usual = "octets"},
		       {"window", CHOICE(window, STATS_WINDOWS), .usual = "total"}}},
	{"/weir/flows", "flows", .help = "flow counters; with arguments the live flows",
	 .list = "flows", .arguments = {PAGE, {"next", NUMBER(1, INT64_MAX)}}},
	{"/weir/overflow", "overflow",
	 .help = "packets beyond the flow table by protocol and network", .list = "source_networks",
	 .arguments = {PAGE}},
	{"/weir/workers", "workers", .help = "each worker's packets, flows, cycles and load",
	 .list = "workers", .arguments = {PAGE}},
	{"/weir/ports", "ports", .help = "each port's counters", .list = "ports",
	 .arguments = {PAGE}},
	{NULL, "export", "test",
	 .help = "send known records to a collector, and say what to look for there",
	 .arguments = {{"url", COMMAND_TEXT, .needed = true}}},
	{"/weir/export", "export", .help = "what became of what each output was given",
	 .list = "outputs", .arguments = {PAGE}},
	{"/weir/events", "events", .help = "what happened to the ports, newest first",
	 .list = "events", .arguments = {PAGE}},
	{"/weir/prefilter", "prefilter", "show|counters",
	 .help = "the XDP prefilter's rules; with what they counted", .list = "rules",
	 .arguments = {PAGE}},
	{"/weir/prefilter/add", "prefilter", "add",
	 .help = "add a rule, see weir-prefilter(5), behind the last or before rule N",
	 .changes = true,
	 .arguments = {{"before", NUMBER(1, UINT64_MAX), .keyword = true,
			.complaint = "before= takes the number of a rule, from 1, and a comma"},
		       {"rule", COMMAND_TEXT, .needed = true,
			.complaint = "the rule is missing, as in drop from 192.0.2.1"}}},
	{"/weir/prefilter/del", "prefilter", "del",
	 .help = "take a rule out, by its number or its text", .changes = true,
	 .arguments = {{"n|rule", COMMAND_TEXT, .needed = true,
			.complaint = "which rule? its number or its text is missing"}}},
	{"/weir/prefilter/replace", "prefilter", "replace", .help = "put a file's rules in force",
	 .changes = true,
	 .arguments = {{"file", COMMAND_FILE, .needed = true,
			.complaint = "an absolute path to a rules file is missing"}}},
	{NULL, "capture", .help = "frames as they come, as pcapng; see -w, -c, -s and -t",
	 .arguments = {{"expression", COMMAND_TEXT}}},
	{NULL, "report", .help = "the whole report, as weir prints it"},
	{NULL, "raw", .help = "any telemetry command, as /ethdev/stats,0",
	 .arguments = {{"command", COMMAND_TEXT, .needed = true}}},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct command *command_at(unsigned int index)
{
	return index < COMMANDS ? &commands[index] : NULL;
}

const struct command *command_find(const char *path)
{
	for (unsigned int i = 0; i < COMMANDS; i++)
		if (commands[i].path != NULL && strcmp(commands[i].path, path) == 0)
			return &commands[i];
	return NULL;
}

/* Is `word` one of "one|other"? */
static bool is_one_of(const char *word, const char *words)
{
	size_t length = strlen(word), part;

	for (;; words += part + 1) {
		part = strcspn(words, "|");
		if (part == length && memcmp(words, word, length) == 0)
			return true;
		if (words[part] == '\0')
			return false;
	}
}

const struct command *command_of_words(const char *const *words, int count, int *taken)
{
	*taken = 0;
	for (unsigned int i = 0; count > 0 && i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		if (command->word == NULL || strcmp(command->word, words[0]) != 0)
			continue;
		*taken = 1;
		if (command->verb == NULL)
			return command;
		if (count > 1 && is_one_of(words[1], command->verb)) {
			*taken = 2;
			return command;
		}
	}
	return NULL;
}

unsigned int command_argument_count(const struct command *command)
{
	unsigned int count = 0;

	while (count < COMMAND_ARGUMENTS_MAX && command->arguments[count].name != NULL)
		count++;
	return count;
}
